import { describe, expect, it } from "vitest";
import type { Row } from "../../../../src/row.ts";
import { buildTransformer } from "../../../../src/transform/transformer.ts";
import { splitUser } from "../../../../src/transform/user-name.ts";
import { ACCESS_TOKEN, CODE, SCOPE, scopeRow, USER_DATA, userDataRow } from "../rows.ts";
import { LOOKUPS, transformerOf, transformRow } from "../transform-row.ts";

const ACCOUNTS = {
  ...LOOKUPS,
  appIdByConsumerKey: new Map([["app", "5"]]),
  tenantIdByDomain: new Map([
    ["carbon.super", "-1234"],
    ["example.com", "7"],
  ]),
};
const between = (table: string, targetVersion: string) =>
  buildTransformer({
    table,
    sourceVersion: "5.0.0",
    targetVersion,
    sourceCaptureFacts: { scopeHashKeyIncludesTenant: true },
    hashAlgorithm: "SHA-256",
  });
const token: Row = {
  TOKEN_ID: "id",
  ACCESS_TOKEN: "at",
  CONSUMER_KEY: "app",
  AUTHZ_USER: "ldap/ann@example.com",
  TIME_CREATED: "2015-01-02 03:04:05",
  TOKEN_SCOPE: "openid email",
};

describe("the 5.1.0 step", () => {
  it("makes of a token the row that the migration client makes", () => {
    expect(between(ACCESS_TOKEN, "5.1.0").transform(token, ACCOUNTS)).toEqual({
      row: {
        TOKEN_ID: "id",
        ACCESS_TOKEN: "at",
        CONSUMER_KEY_ID: "5",
        AUTHZ_USER: "ann",
        TENANT_ID: "7",
        USER_DOMAIN: "ldap",
        SUBJECT_IDENTIFIER: "ldap/ann@example.com",
        TIME_CREATED: "2015-01-02 03:04:05",
        REFRESH_TOKEN_TIME_CREATED: "2015-01-02 03:04:05",
        REFRESH_TOKEN_VALIDITY_PERIOD: "84600000",
        // printf %s 'openid email' | md5sum
        TOKEN_SCOPE_HASH: "af347b1ac178f59c5991fa9728ca9277",
      },
    });
  });

  it("leaves out of a code what only tokens have", () => {
    const { TOKEN_SCOPE: _scope, TOKEN_ID: _id, ACCESS_TOKEN: _token, ...row } = token;
    expect(between(CODE, "5.1.0").transform({ ...row, CODE_ID: "id", SCOPE: "openid" }, ACCOUNTS)).toEqual({
      row: {
        CODE_ID: "id",
        SCOPE: "openid",
        CONSUMER_KEY_ID: "5",
        AUTHZ_USER: "ann",
        TENANT_ID: "7",
        USER_DOMAIN: "ldap",
        SUBJECT_IDENTIFIER: "ldap/ann@example.com",
        TIME_CREATED: "2015-01-02 03:04:05",
      },
    });
  });

  it.each([
    ["joe@gmail.com", { AUTHZ_USER: "joe@gmail.com", TENANT_ID: "-1234", USER_DOMAIN: "PRIMARY" }],
    ["LDAP/joe@gmail.com", { AUTHZ_USER: "joe@gmail.com", TENANT_ID: "-1234", USER_DOMAIN: "LDAP" }],
    ["joe@gmail.com@example.com", { AUTHZ_USER: "joe@gmail.com", TENANT_ID: "7" }],
    ["joe@example.com", { AUTHZ_USER: "joe@example.com", TENANT_ID: "-1234" }],
    ["ann", { AUTHZ_USER: "ann", TENANT_ID: "-1234" }],
  ])("takes %s for a user of a server whose user names are e-mail addresses", (user, expected) => {
    const transformer = buildTransformer({
      table: ACCESS_TOKEN,
      sourceVersion: "5.0.0",
      targetVersion: "5.1.0",
      sourceCaptureFacts: { scopeHashKeyIncludesTenant: true },
      hashAlgorithm: "SHA-256",
      emailUserNames: true,
    });
    expect(transformer.transform({ ...token, AUTHZ_USER: user }, ACCOUNTS)).toMatchObject({
      row: { ...expected, SUBJECT_IDENTIFIER: user },
    });
  });

  it.each([
    [{ CONSUMER_KEY: "other" }, "CONSUMER_KEY: the target has no application of this key"],
    [
      { AUTHZ_USER: "ann@elsewhere" },
      "AUTHZ_USER: the target knows no tenant of this domain (UM_TENANT of identitySchema or umSchema); where the source's user names are e-mail addresses, set source.emailUserNames=true",
    ],
  ])("fails a row with %j, naming the column and not the value", (own, failure) => {
    expect(between(ACCESS_TOKEN, "5.1.0").transform({ ...token, ...own }, ACCOUNTS)).toEqual({ failure });
  });

  it("sets the columns of the migration, and none that a code has not", () => {
    const user = ["CONSUMER_KEY_ID", "TENANT_ID", "USER_DOMAIN", "SUBJECT_IDENTIFIER"];
    const refresh = ["REFRESH_TOKEN_TIME_CREATED", "REFRESH_TOKEN_VALIDITY_PERIOD"];
    expect(between(ACCESS_TOKEN, "5.1.0").adds).toEqual([...user, ...refresh, "TOKEN_SCOPE_HASH"]);
    expect(between(CODE, "5.1.0").adds).toEqual(user);
    expect(between(ACCESS_TOKEN, "5.1.0").needs.accounts).toBe(true);
  });

  it("keeps a row of nobody: without an application, a user or scopes it has none of theirs", () => {
    const nobody = { ...token, CONSUMER_KEY: null, AUTHZ_USER: null, TOKEN_SCOPE: null };
    expect(between(ACCESS_TOKEN, "5.1.0").transform(nobody, ACCOUNTS)).toEqual({
      row: {
        TOKEN_ID: "id",
        ACCESS_TOKEN: "at",
        CONSUMER_KEY_ID: null,
        AUTHZ_USER: null,
        TENANT_ID: null,
        USER_DOMAIN: null,
        SUBJECT_IDENTIFIER: null,
        TIME_CREATED: "2015-01-02 03:04:05",
        REFRESH_TOKEN_TIME_CREATED: "2015-01-02 03:04:05",
        REFRESH_TOKEN_VALIDITY_PERIOD: "84600000",
        TOKEN_SCOPE_HASH: null,
      },
    });
  });

  it("fails a row whose application was not looked up", () => {
    expect(between(CODE, "5.1.0").transform({ ...token, CODE_ID: "id" }, LOOKUPS)).toEqual({
      failure: "CONSUMER_KEY: the target has no application of this key",
    });
  });

  it("asks for applications and tenants, the local providers too when 5.8.0 is crossed", () => {
    const needs = { accounts: true, scimIds: false, back: [] };
    expect(between(CODE, "5.1.0").needs).toEqual({ ...needs, localIdp: false, values: false });
    expect(between(CODE, "5.11.0").needs).toEqual({ ...needs, localIdp: true, values: true });
  });

  it("does not touch user data, nor any table of a 5.1.0 source", () => {
    expect(transformRow(USER_DATA, userDataRow, { from: "5.0.0", to: "5.1.0" })).toEqual({
      row: userDataRow,
    });
    expect(transformRow(SCOPE, scopeRow, { from: "5.0.0", to: "5.0.0" })).toEqual({ row: scopeRow });
    expect(transformerOf(ACCESS_TOKEN, { from: "5.1.0", to: "5.4.0" }).steps).toEqual([]);
  });
});

describe("a user name of 5.0.0", () => {
  it.each([
    ["ann@carbon.super", { name: "ann", domain: "PRIMARY", tenant: "carbon.super" }],
    ["ann", { name: "ann", domain: "PRIMARY", tenant: "carbon.super" }],
    ["ldap/ann@T.Com", { name: "ann", domain: "ldap", tenant: "t.com" }],
    ["ann@mail.org@t.com", { name: "ann@mail.org", domain: "PRIMARY", tenant: "t.com" }],
    ["AD/a/b@t.com", { name: "a/b", domain: "AD", tenant: "t.com" }],
    ["/ann", { name: "ann", domain: "PRIMARY", tenant: "carbon.super" }],
  ])("%s is split", (user, split) => {
    expect(splitUser(user)).toEqual(split);
  });
});
