/** Rows that the migration removes, and what goes with them: a row too few here is one that nobody finds missing. */
import { describe, expect, it } from "vitest";
import { belonging, removedRows, removesRows } from "../../../src/transform/left-out.ts";

describe("the migration removes rows", () => {
  it.each([
    ["5.0.0", "5.11.0", false],
    ["5.1.0", "5.11.0", true],
    ["5.10.0", "5.11.0", true],
    ["5.11.0", "5.11.0", false],
    ["5.1.0", "5.10.0", false],
  ] as const)("from %s to %s: %s", (source, target, removes) => {
    expect(removesRows(source, target)).toBe(removes);
  });

  it.each([
    ["USER_PORTAL_7.com", "7", true],
    ["USER_PORTAL.com", "7", true],
    ["USER-PORTAL\n7.com", "7", true],
    ["USER_PORTAL_7.com", "-1234", false],
    ["USER_PORTAL_7.com", null, false],
    ["USER_PORTAL", "7", false],
    ["USER_PORTAL_7.comx", "7", false],
    ["MY_USER_PORTAL_7.com", "7", false],
    ["USER_PORTAL_7xcom", "7", false],
    [null, "7", false],
  ])("of an application with the key %j of tenant %j: %s", (key, tenant, isRemoved) => {
    const rule = removedRows("IDN_OAUTH_CONSUMER_APPS");
    expect(rule).toMatchObject({ id: "ID", reads: ["CONSUMER_KEY", "TENANT_ID"] });
    expect(rule?.isRemoved({ CONSUMER_KEY: key, TENANT_ID: tenant })).toBe(isRemoved);
  });

  it.each([
    ["User Portal", "7", true],
    ["User Portal", "-1234", false],
    ["My Account", "7", false],
  ])("of a service provider %j of tenant %j: %s", (name, tenant, isRemoved) => {
    const rule = removedRows("SP_APP");
    expect(rule).toMatchObject({ id: "ID", reads: ["APP_NAME", "TENANT_ID"] });
    expect(rule?.isRemoved({ APP_NAME: name, TENANT_ID: tenant })).toBe(isRemoved);
  });

  it("of no other table by what stands in them", () => {
    expect(removedRows("IDN_OAUTH2_ACCESS_TOKEN")).toBeUndefined();
  });
});

describe("with a row goes what refers to it", () => {
  it.each([
    ["IDN_OAUTH2_ACCESS_TOKEN", "CONSUMER_KEY_ID", "IDN_OAUTH_CONSUMER_APPS", "ID"],
    ["IDN_OAUTH2_AUTHORIZATION_CODE", "CONSUMER_KEY_ID", "IDN_OAUTH_CONSUMER_APPS", "ID"],
    ["IDN_OIDC_REQ_OBJECT_REFERENCE", "CONSUMER_KEY_ID", "IDN_OAUTH_CONSUMER_APPS", "ID"],
    ["IDN_OAUTH2_DEVICE_FLOW", "CONSUMER_KEY_ID", "IDN_OAUTH_CONSUMER_APPS", "ID"],
    ["IDN_OAUTH1A_ACCESS_TOKEN", "CONSUMER_KEY_ID", "IDN_OAUTH_CONSUMER_APPS", "ID"],
    ["IDN_OAUTH1A_REQUEST_TOKEN", "CONSUMER_KEY_ID", "IDN_OAUTH_CONSUMER_APPS", "ID"],
    ["IDN_OAUTH2_SCOPE_VALIDATORS", "APP_ID", "IDN_OAUTH_CONSUMER_APPS", "ID"],
    ["IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "TOKEN_ID", "IDN_OAUTH2_ACCESS_TOKEN", "TOKEN_ID"],
    ["IDN_OAUTH2_TOKEN_BINDING", "TOKEN_ID", "IDN_OAUTH2_ACCESS_TOKEN", "TOKEN_ID"],
    ["IDN_OAUTH2_AUTHZ_CODE_SCOPE", "CODE_ID", "IDN_OAUTH2_AUTHORIZATION_CODE", "CODE_ID"],
    ["SP_INBOUND_AUTH", "APP_ID", "SP_APP", "ID"],
    ["SP_AUTH_STEP", "APP_ID", "SP_APP", "ID"],
    ["SP_CLAIM_DIALECT", "APP_ID", "SP_APP", "ID"],
    ["SP_CLAIM_MAPPING", "APP_ID", "SP_APP", "ID"],
    ["SP_ROLE_MAPPING", "APP_ID", "SP_APP", "ID"],
    ["SP_REQ_PATH_AUTHENTICATOR", "APP_ID", "SP_APP", "ID"],
    ["SP_PROVISIONING_CONNECTOR", "APP_ID", "SP_APP", "ID"],
    ["SP_METADATA", "SP_ID", "SP_APP", "ID"],
  ])("a row of %s by its %s, to %s", (table, column, to, key) => {
    expect(belonging(table)).toEqual({ column, to, key });
  });

  it("scopes of a partition to the tokens of that partition, its tokens to the applications", () => {
    expect(belonging("IDN_OAUTH2_ACCESS_TOKEN_SCOPE_A")).toEqual({
      column: "TOKEN_ID",
      to: "IDN_OAUTH2_ACCESS_TOKEN_A",
      key: "TOKEN_ID",
    });
    expect(belonging("IDN_OAUTH2_ACCESS_TOKEN_A")).toEqual({
      column: "CONSUMER_KEY_ID",
      to: "IDN_OAUTH_CONSUMER_APPS",
      key: "ID",
    });
  });

  it("nothing of a table that refers to neither", () => {
    expect(belonging("IDN_IDENTITY_USER_DATA")).toBeUndefined();
  });
});
