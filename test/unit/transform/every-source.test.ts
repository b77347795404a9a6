import { describe, expect, it } from "vitest";
import {
  ACCESS_JSON,
  ACCESS_TOKEN,
  CODE,
  CODE_JSON,
  codeColumnsOf,
  codeRow,
  REFRESH_JSON,
  SCOPE,
  scopeRow,
  tokenColumnsOf,
  tokenRow,
  USER_DATA,
  userDataRow,
  VERSIONS,
} from "./rows.ts";
import { transformRow } from "./transform-row.ts";

const BEFORE_5_8 = VERSIONS.slice(0, 8);
const FROM_5_8 = VERSIONS.slice(8);

describe.each(VERSIONS)("a source of %s and a target of 5.11.0", (from) => {
  it("gives a token JSON hashes and keeps every other column to the letter", () => {
    expect(transformRow(ACCESS_TOKEN, { ...tokenRow, ...tokenColumnsOf(from) }, { from })).toEqual({
      row: {
        ...tokenRow,
        ...tokenColumnsOf(from),
        ACCESS_TOKEN_HASH: ACCESS_JSON,
        REFRESH_TOKEN_HASH: REFRESH_JSON,
        IDP_ID: from === "5.8.0" || from === "5.9.0" || from === "5.10.0" ? "42" : "1",
      },
    });
  });

  it("gives a code a JSON hash and keeps every other column to the letter", () => {
    expect(transformRow(CODE, { ...codeRow, ...codeColumnsOf(from) }, { from })).toEqual({
      row: {
        ...codeRow,
        ...codeColumnsOf(from),
        AUTHORIZATION_CODE_HASH: CODE_JSON,
        IDP_ID: from === "5.8.0" || from === "5.9.0" || from === "5.10.0" ? "42" : "17",
      },
    });
  });

  it("leaves the hash of a missing refresh token null", () => {
    const hash = "REFRESH_TOKEN_HASH" in tokenColumnsOf(from) ? { REFRESH_TOKEN_HASH: null } : {};
    const row = { ...tokenRow, ...tokenColumnsOf(from), REFRESH_TOKEN: null, ...hash };
    expect(transformRow(ACCESS_TOKEN, row, { from })).toMatchObject({
      row: { REFRESH_TOKEN: null, REFRESH_TOKEN_HASH: null, ACCESS_TOKEN_HASH: ACCESS_JSON },
    });
  });

  it("leaves TOKEN_BINDING_REF to the target's default unless the source has the column", () => {
    const result = transformRow(ACCESS_TOKEN, { ...tokenRow, ...tokenColumnsOf(from) }, { from });
    expect("row" in result && "TOKEN_BINDING_REF" in result.row).toBe(from === "5.10.0");
  });

  it("passes scopes and user data as they are", () => {
    expect(transformRow(SCOPE, scopeRow, { from })).toEqual({ row: scopeRow });
    expect(transformRow(USER_DATA, userDataRow, { from })).toEqual({ row: userDataRow });
    const empty = { ...userDataRow, DATA_VALUE: null };
    expect(transformRow(USER_DATA, empty, { from })).toEqual({ row: empty });
  });

  it("changes nothing when the target has the same version, not even an encrypted or an unhashed row", () => {
    const odd = { ...tokenRow, ACCESS_TOKEN: "eyJjIjoiQUFBQSJ9", REFRESH_TOKEN_HASH: "", IDP_ID: null };
    expect(transformRow(ACCESS_TOKEN, odd, { from, to: from })).toEqual({ row: odd });
  });

  it("refuses an encrypted token, naming the column and not the value", () => {
    const row = { ...tokenRow, ...tokenColumnsOf(from), REFRESH_TOKEN: "eyJjIjoiQUFBQSJ9" };
    expect(transformRow(ACCESS_TOKEN, row, { from })).toEqual({
      failure: "REFRESH_TOKEN: is stored encrypted, and no token keys are configured",
    });
  });
});

describe.each(BEFORE_5_8)("the identity provider of a token from %s", (from) => {
  it.each([
    ["PRIMARY", "-1234", "1"],
    ["LDAP", "7", "17"],
    ["FEDERATED", "7", "-1"],
    [null, "7", "-1"],
    ["FEDERATED:GOOGLE", "7", "17"],
    ["", "7", "17"],
  ])("in domain %s of tenant %s is %s", (domain, tenant, idp) => {
    const row = { ...tokenRow, ...tokenColumnsOf(from), USER_DOMAIN: domain, TENANT_ID: tenant };
    expect(transformRow(ACCESS_TOKEN, row, { from })).toMatchObject({
      row: { IDP_ID: idp, USER_DOMAIN: domain, TENANT_ID: tenant },
    });
  });
});

describe.each(FROM_5_8)("the identity provider of a token from %s", (from) => {
  it.each([
    ["FEDERATED", "9", "9"],
    ["PRIMARY", "1", "1"],
    ["FEDERATED", "-1", "-1"],
    ["PRIMARY", "-1", "-1"],
  ])("in domain %s with id %s stays %s", (domain, present, idp) => {
    const row = {
      ...tokenRow,
      ...tokenColumnsOf(from),
      USER_DOMAIN: domain,
      TENANT_ID: "8",
      IDP_ID: present,
    };
    expect(transformRow(ACCESS_TOKEN, row, { from })).toMatchObject({ row: { IDP_ID: idp } });
  });
});
