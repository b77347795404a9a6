import { describe, expect, it } from "vitest";
import { placeholderResolver } from "../../../src/config/placeholders.ts";

const resolve = placeholderResolver({
  env: { HOST: "db", ODD: "$env{HOST}", EMPTY: "" },
  sys: new Map([["carbon.home", "/opt/is"]]),
  document: {
    database: { identity_db: { hostname: "$env{HOST}.example.com", port: 3306, ssl: true } },
    secrets: { pw: "[a]b]", bare: "plain" },
  },
  envPlace: "the environment nor in .env",
});

describe("placeholders", () => {
  it.each([
    ["plain", "plain"],
    ["jdbc:mysql://$env{HOST}:$ref{database.identity_db.port}/x", "jdbc:mysql://db:3306/x"],
    ["$ref{database.identity_db.hostname}", "db.example.com"],
    ["$ref{database.identity_db.ssl}", "true"],
    ["$sys{carbon.home}/repository", "/opt/is/repository"],
    ["$secret{pw}", "a]b"],
    ["$secret{bare}", "plain"],
    ["$env{EMPTY}", ""],
    ["$env{ODD}", "$env{HOST}"],
    ["$other{x} $ $env", "$other{x} $ $env"],
  ])("%s becomes %s", (text, expected) => {
    expect(resolve(text)).toEqual({ text: expected, problems: [] });
  });

  it("reports each one that leads nowhere, by name", () => {
    expect(resolve("$env{NO}$sys{no}$ref{database}$ref{__proto__.x}$secret{no}").problems).toEqual([
      "$env{NO} is set neither in the environment nor in .env",
      "$sys{no} is not set, wanted -D name=VALUE",
      "$ref{database} names no value in deployment.toml",
      "$ref{__...} names no value in deployment.toml",
      "$secret{no} names no alias in [secrets]",
    ]);
  });
});
