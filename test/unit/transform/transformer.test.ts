import { describe, expect, it } from "vitest";
import type { ValueReaders } from "../../../src/transform/stored-value.ts";
import { buildTransformer } from "../../../src/transform/transformer.ts";
import { ACCESS_JSON, ACCESS_TOKEN, CODE, SCOPE, tokenRow, USER_DATA } from "./rows.ts";
import { LOOKUPS, transformerOf } from "./transform-row.ts";

const numbersOf = (table: string, from: string, to: string) =>
  transformerOf(table, { from, to }).steps.map((step) => step.split(" ")[0]);

describe("choosing steps", () => {
  it.each([
    ["5.1.0", "5.11.0", ["5.5.0", "5.7.0", "5.8.0", "5.10.0", "5.11.0"]],
    ["5.4.1", "5.11.0", ["5.5.0", "5.7.0", "5.8.0", "5.10.0", "5.11.0"]],
    ["5.5.0", "5.11.0", ["5.7.0", "5.8.0", "5.10.0", "5.11.0"]],
    ["5.7.0", "5.11.0", ["5.8.0", "5.10.0", "5.11.0"]],
    ["5.8.0", "5.11.0", ["5.10.0", "5.11.0"]],
    ["5.10.0", "5.11.0", ["5.11.0"]],
    ["5.9.0", "5.10.0", ["5.10.0"]],
    ["5.8.0", "5.9.0", []],
    ["5.11.0", "5.11.0", []],
    ["5.4.0", "5.4.1", []],
  ])("from %s to %s applies %j to tokens and codes", (from, to, steps) => {
    expect(numbersOf(ACCESS_TOKEN, from, to)).toEqual(steps);
    expect(numbersOf(CODE, from, to)).toEqual(steps);
  });

  it("applies none to scopes, and only the last to user data", () => {
    expect(numbersOf(SCOPE, "5.1.0", "5.11.0")).toEqual([]);
    expect(numbersOf(USER_DATA, "5.1.0", "5.11.0")).toEqual(["5.11.0"]);
    expect(numbersOf(USER_DATA, "5.1.0", "5.10.0")).toEqual([]);
  });

  it("says in words what a step does", () => {
    expect(transformerOf(ACCESS_TOKEN, { from: "5.6.0", to: "5.8.0" }).steps).toEqual([
      "5.7.0 hashes with their algorithm, as JSON",
      "5.8.0 identity provider of tokens and codes",
    ]);
  });
});

describe("what the applier is told", () => {
  it("lists the columns that the steps add", () => {
    const adds = (table: string, from: string) => transformerOf(table, { from }).adds;
    expect(adds(ACCESS_TOKEN, "5.1.0")).toEqual(["ACCESS_TOKEN_HASH", "REFRESH_TOKEN_HASH", "IDP_ID"]);
    expect(adds(CODE, "5.1.0")).toEqual(["AUTHORIZATION_CODE_HASH", "IDP_ID"]);
    expect(adds(ACCESS_TOKEN, "5.7.0")).toEqual(["IDP_ID"]);
    expect(adds(ACCESS_TOKEN, "5.8.0")).toEqual([]);
    expect(adds(SCOPE, "5.1.0")).toEqual([]);
  });

  it("finds the table whatever its letter case", () => {
    expect(transformerOf("idn_oauth2_access_token", { from: "5.7.0" }).needs).toEqual({
      localIdp: true,
      accounts: false,
      back: [],
      scimIds: false,
      values: true,
    });
  });
});

describe("readers in place of the default ones", () => {
  const context = {
    table: ACCESS_TOKEN,
    sourceVersion: "5.6.0",
    targetVersion: "5.11.0",
    sourceCaptureFacts: { scopeHashKeyIncludesTenant: true },
    hashAlgorithm: "SHA-256",
  };
  const encrypted = { ...tokenRow, ACCESS_TOKEN: "eyJjIjoiQUFBQSJ9", REFRESH_TOKEN: null };

  it("decide value and hash, which the steps after them leave alone", () => {
    const { transform } = buildTransformer(context);
    const readers: ValueReaders = {
      token: ({ value, hash }) =>
        value === null ? { value, hash } : { value: "eyJjIjoiQkJCQiJ9", hash: ACCESS_JSON },
      totp: (stored) => stored,
    };
    expect(transform(encrypted, LOOKUPS, readers)).toEqual({
      row: {
        ...encrypted,
        ACCESS_TOKEN: "eyJjIjoiQkJCQiJ9",
        ACCESS_TOKEN_HASH: ACCESS_JSON,
        REFRESH_TOKEN_HASH: null,
        IDP_ID: "1",
      },
    });
  });

  it("fail the row with the column before their reason", () => {
    const { transform } = buildTransformer(context);
    const readers: ValueReaders = {
      token: () => ({ refuse: "no key opens it" }),
      totp: (stored) => stored,
    };
    expect(transform(encrypted, LOOKUPS, readers)).toEqual({ failure: "ACCESS_TOKEN: no key opens it" });
  });
});
