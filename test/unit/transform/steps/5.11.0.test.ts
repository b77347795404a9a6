import { describe, expect, it } from "vitest";
import { ACCESS_TOKEN, CODE, codeRow, tokenRow, USER_DATA, userDataRow } from "../rows.ts";
import { transformRow } from "../transform-row.ts";

const into = { from: "5.10.0", to: "5.11.0" };
const TOTP_FAILURE = "DATA_VALUE: holds an encrypted one-time-password secret, and no keys are configured";

describe("the 5.11.0 step", () => {
  it.each([
    ["an envelope", "eyJjIjoiQUFBQSJ9", "encrypted"],
    ["bare RSA of 2048 bits", `${"A".repeat(342)}==`, "encrypted"],
    ["bare RSA of 1024 bits", `${"A".repeat(171)}=`, "encrypted"],
    ["a hash as JSON", '{"hash":"00","algorithm":"SHA-256"}', "hashed"],
  ])("refuses a code stored as %s", (_form, value, word) => {
    expect(transformRow(CODE, { ...codeRow, AUTHORIZATION_CODE: value }, into)).toEqual({
      failure: `AUTHORIZATION_CODE: is stored ${word}, and no token keys are configured`,
    });
  });

  it("leaves plain tokens and whatever hashes they have", () => {
    const row = { ...tokenRow, ACCESS_TOKEN_HASH: "x", REFRESH_TOKEN_HASH: null, IDP_ID: "1" };
    expect(transformRow(ACCESS_TOKEN, row, into)).toEqual({ row });
  });

  it.each(["secretkey", "verifySecretkey"])(
    "refuses a one-time-password secret under %s in any form",
    (key) => {
      const row = { ...userDataRow, DATA_KEY: `http://wso2.org/claims/identity/${key}` };
      for (const value of [`${"A".repeat(342)}==`, "eyJjIjoiQUFBQSJ9", "KRSXG5CTMVRXEZLU"]) {
        expect(transformRow(USER_DATA, { ...row, DATA_VALUE: value }, into)).toEqual({
          failure: TOTP_FAILURE,
        });
      }
    },
  );

  it.each([null, ""])("passes a one-time-password secret that is %j", (value) => {
    const row = { ...userDataRow, DATA_KEY: "http://wso2.org/claims/identity/secretkey", DATA_VALUE: value };
    expect(transformRow(USER_DATA, row, into)).toEqual({ row });
  });

  it("chooses secrets by their key, never by the look of the value", () => {
    const row = { ...userDataRow, DATA_VALUE: "http://wso2.org/claims/identity/secretkey" };
    expect(transformRow(USER_DATA, row, into)).toEqual({ row });
    const looksSo = { ...userDataRow, DATA_VALUE: `${"A".repeat(342)}==` };
    expect(transformRow(USER_DATA, looksSo, into)).toEqual({ row: looksSo });
  });

  it("passes secrets as they are to a target of 5.10.0, which encrypts like its source", () => {
    const row = { ...userDataRow, DATA_KEY: "http://wso2.org/claims/identity/secretkey", DATA_VALUE: "AAAA" };
    expect(transformRow(USER_DATA, row, { from: "5.1.0", to: "5.10.0" })).toEqual({ row });
  });

  const portal = {
    ID: "6",
    CONSUMER_KEY: "USER_PORTAL",
    TENANT_ID: "-1234",
    APP_NAME: "User Portal",
    CALLBACK_URL: "https://is.example.com/user-portal/login",
  };
  it("gives the user portal of the super tenant its new name", () => {
    expect(transformRow("IDN_OAUTH_CONSUMER_APPS", portal, into)).toEqual({
      row: {
        ID: "6",
        CONSUMER_KEY: "MY_ACCOUNT",
        TENANT_ID: "-1234",
        APP_NAME: "My Account",
        CALLBACK_URL: "https://is.example.com/myaccount/login",
      },
    });
    const app = { ID: "1", APP_NAME: "User Portal", TENANT_ID: "-1234", IS_SAAS_APP: "0", DESCRIPTION: "x" };
    expect(transformRow("SP_APP", app, into)).toEqual({
      row: {
        ...app,
        APP_NAME: "My Account",
        IS_SAAS_APP: "1",
        DESCRIPTION: "This is the my account application.",
      },
    });
    const inbound = { ID: "1", INBOUND_AUTH_KEY: "USER_PORTAL", TENANT_ID: "-1234" };
    expect(transformRow("SP_INBOUND_AUTH", inbound, into)).toEqual({
      row: { ...inbound, INBOUND_AUTH_KEY: "MY_ACCOUNT" },
    });
  });

  it("leaves the user portal without a callback where it had none", () => {
    for (const url of [{ CALLBACK_URL: null }, {}]) {
      const { CALLBACK_URL: _url, ...rest } = portal;
      expect(transformRow("IDN_OAUTH_CONSUMER_APPS", { ...rest, ...url }, into)).toMatchObject({
        row: { CONSUMER_KEY: "MY_ACCOUNT", CALLBACK_URL: null },
      });
    }
  });

  it.each([
    ["another tenant's", { ...portal, TENANT_ID: "7" }],
    ["another application", { ...portal, CONSUMER_KEY: "abc" }],
  ])("leaves %s row alone", (_, row) => {
    expect(transformRow("IDN_OAUTH_CONSUMER_APPS", row, into)).toEqual({ row });
    expect(transformRow("IDN_OAUTH_CONSUMER_APPS", portal, { from: "5.9.0", to: "5.10.0" })).toEqual({
      row: portal,
    });
  });

  it("refuses an encrypted secret of an application without keys, as it does a token", () => {
    expect(
      transformRow("IDN_OAUTH_CONSUMER_APPS", { ...portal, CONSUMER_SECRET: "eyJjIjoiQUFBQSJ9" }, into),
    ).toEqual({
      failure: "CONSUMER_SECRET: is stored encrypted, and no token keys are configured",
    });
  });
});
