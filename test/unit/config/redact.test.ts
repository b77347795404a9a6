import { describe, expect, it } from "vitest";
import { redactSettings, redactUrl } from "../../../src/config/redact.ts";

describe("redactUrl", () => {
  it.each([
    ["jdbc:mysql://h:3306/db?useSSL=false", "jdbc:mysql://h:3306/db?useSSL=false"],
    ["jdbc:mysql://h/db?user=me@corp", "jdbc:mysql://h/db?user=me@corp"],
    ["jdbc:mysql://u:s3cret@h/db", "jdbc:mysql://u:***@h/db"],
    ["jdbc:mysql://u:s3/c?r;e@t@h/db", "jdbc:mysql://u:***@h/db"],
    ["jdbc:mysql://u:1?s3cret@h/db", "jdbc:mysql://u:***@h/db"],
    ["jdbc:mysql://h/db?password=s3cret&useSSL=true", "jdbc:mysql://h/db?password=***&useSSL=true"],
    ["jdbc:mysql://h/db?password=s3&cret&useSSL=true", "jdbc:mysql://h/db?password=***&useSSL=true"],
    [
      "jdbc:mysql://h/db?trustCertificateKeyStorePassword=s3cret",
      "jdbc:mysql://h/db?trustCertificateKeyStorePassword=***",
    ],
    [
      "jdbc:sqlserver://h;user=sa;password={s3;cr}}et};encrypt=true",
      "jdbc:sqlserver://h;user=sa;password=***;encrypt=true",
    ],
    ["jdbc:oracle:thin:scott/s3cret@//h:1521/svc", "jdbc:oracle:thin:scott/***@//h:1521/svc"],
    ["jdbc:oracle:thin:@h:1521:ORCL", "jdbc:oracle:thin:@h:1521:ORCL"],
    [
      "jdbc:oracle:thin:@(DESCRIPTION=(WALLET_PASSWORD=s3cret)(SID=X))",
      "jdbc:oracle:thin:@(DESCRIPTION=(WALLET_PASSWORD=***)(SID=X))",
    ],
    ["mysql:u:s3cret@h", "***@h"],
    ["jdbc:mysql://(host=a,port=1)/db?password=s3(cret", "jdbc:mysql://(host=a,port=1)/db?password=***"],
    ["jdbc:mysql://u:s3cret@a,v:s3cret@b/db", "jdbc:mysql://u:***@b/db"],
  ])("prints %s without its secret", (url, printed) => {
    expect(redactUrl(url)).toBe(printed);
  });
});

describe("redactSettings", () => {
  it("hides the password and keeps the rest", () => {
    const settings = {
      type: "oracle",
      hosts: [{ host: "h", port: 1521 }],
      user: "u",
      password: "s3cret",
      tls: { mode: "disable" },
      connectString: "(DESCRIPTION=(MY_WALLET_PWD=s3cret))",
      connectTimeoutMs: 10_000,
      pool: { max: 10, acquireTimeoutMs: 60_000 },
    } as const;
    expect(redactSettings(settings)).toEqual({
      ...settings,
      password: "***",
      connectString: "(DESCRIPTION=(MY_WALLET_PWD=***))",
    });
  });
});
