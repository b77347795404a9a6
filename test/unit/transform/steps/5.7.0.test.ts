import { describe, expect, it } from "vitest";
import {
  ACCESS_HEX,
  ACCESS_JSON,
  ACCESS_TOKEN,
  CODE,
  CODE_HEX,
  CODE_JSON,
  codeRow,
  REFRESH_HEX,
  REFRESH_JSON,
  tokenRow,
} from "../rows.ts";
import { transformRow } from "../transform-row.ts";

const into = { from: "5.6.0", to: "5.7.0" };
const ABC_HEX = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA_512_HEX =
  "994234f5bb45be731a9b2808cdf7314ef65a6fb9e4ff61f30a4ba743492c12f4" +
  "be9ac27698b8545b2697e05310c5e2fcd02a61dd1eb91326b332d376fbc5b6e3";

describe("the 5.7.0 step", () => {
  it.each([
    ["hex and hex", ACCESS_HEX, REFRESH_HEX],
    ["blank and hex", null, REFRESH_HEX],
    ["hex and blank", ACCESS_HEX, ""],
    ["blank and blank", "  ", null],
    ["JSON and hex", ACCESS_JSON, REFRESH_HEX],
    ["hex and JSON", ACCESS_HEX, REFRESH_JSON],
    ["JSON and JSON", ACCESS_JSON, REFRESH_JSON],
    ["JSON and blank", ACCESS_JSON, null],
  ])("makes JSON of %s, each judged on its own", (_kinds, access, refresh) => {
    const row = { ...tokenRow, ACCESS_TOKEN_HASH: access, REFRESH_TOKEN_HASH: refresh };
    expect(transformRow(ACCESS_TOKEN, row, into)).toEqual({
      row: { ...tokenRow, ACCESS_TOKEN_HASH: ACCESS_JSON, REFRESH_TOKEN_HASH: REFRESH_JSON },
    });
  });

  it.each([CODE_HEX, CODE_JSON, null, ""])("makes JSON of a code's hash %j", (hash) => {
    expect(transformRow(CODE, { ...codeRow, AUTHORIZATION_CODE_HASH: hash }, into)).toEqual({
      row: { ...codeRow, AUTHORIZATION_CODE_HASH: CODE_JSON },
    });
  });

  it.each([null, ""])("never wraps the hash of a refresh token that is %j", (refresh) => {
    const row = {
      ...tokenRow,
      REFRESH_TOKEN: refresh,
      ACCESS_TOKEN_HASH: ACCESS_HEX,
      REFRESH_TOKEN_HASH: null,
    };
    expect(transformRow(ACCESS_TOKEN, row, into)).toEqual({
      row: { ...row, ACCESS_TOKEN_HASH: ACCESS_JSON },
    });
  });

  it("wraps the hex the source finds the token by, even if the token column says otherwise", () => {
    const row = { ...tokenRow, ACCESS_TOKEN_HASH: ABC_HEX, REFRESH_TOKEN_HASH: REFRESH_HEX };
    expect(transformRow(ACCESS_TOKEN, row, into)).toMatchObject({
      row: { ACCESS_TOKEN_HASH: `{"hash":"${ABC_HEX}","algorithm":"SHA-256"}` },
    });
  });

  it("makes hex of another algorithm anew, since the target looks for its own", () => {
    const row = { ...tokenRow, ACCESS_TOKEN_HASH: SHA_512_HEX, REFRESH_TOKEN_HASH: REFRESH_HEX };
    expect(transformRow(ACCESS_TOKEN, row, into)).toMatchObject({
      row: { ACCESS_TOKEN_HASH: ACCESS_JSON, REFRESH_TOKEN_HASH: REFRESH_JSON },
    });
  });

  it("names the configured algorithm word for word", () => {
    const row = { ...tokenRow, ACCESS_TOKEN_HASH: null, REFRESH_TOKEN: null, REFRESH_TOKEN_HASH: null };
    expect(transformRow(ACCESS_TOKEN, row, { ...into, hashAlgorithm: "sha-512" })).toMatchObject({
      row: { ACCESS_TOKEN_HASH: `{"hash":"${SHA_512_HEX}","algorithm":"sha-512"}` },
    });
  });

  it("keeps JSON of any kind to the letter", () => {
    const hash = `{ "algorithm": "SHA-512", "hash": "${SHA_512_HEX}" }`;
    const row = { ...tokenRow, ACCESS_TOKEN_HASH: hash, REFRESH_TOKEN_HASH: REFRESH_JSON };
    expect(transformRow(ACCESS_TOKEN, row, into)).toEqual({ row });
  });

  it("refuses a row whose server stores hashes only, as hex or as JSON", () => {
    const hex = { ...codeRow, AUTHORIZATION_CODE: CODE_HEX, AUTHORIZATION_CODE_HASH: CODE_HEX };
    const json = { ...codeRow, AUTHORIZATION_CODE: CODE_JSON, AUTHORIZATION_CODE_HASH: null };
    const failure = "AUTHORIZATION_CODE: is stored hashed, and no token keys are configured";
    expect(transformRow(CODE, hex, into)).toEqual({ failure });
    expect(transformRow(CODE, json, into)).toEqual({ failure });
  });

  it("does not repair hashes of a source that writes JSON itself", () => {
    const row = { ...tokenRow, ACCESS_TOKEN_HASH: ACCESS_HEX, REFRESH_TOKEN_HASH: null, IDP_ID: "1" };
    expect(transformRow(ACCESS_TOKEN, row, { from: "5.8.0" })).toEqual({ row });
  });

  it.each([
    ["DEFAULT", { PURPOSE_GROUP: "DEFAULT", GROUP_TYPE: "SP" }],
    ["newsletter", { PURPOSE_GROUP: "SIGNUP", GROUP_TYPE: "SYSTEM" }],
  ])("puts the purpose %s of a consent into the group that the client puts it into", (name, group) => {
    const row = { ID: "1", NAME: name, TENANT_ID: "-1234" };
    expect(transformRow("CM_PURPOSE", row, { from: "5.6.0" })).toEqual({ row: { ...row, ...group } });
    expect(transformRow("CM_PURPOSE", row, { from: "5.7.0" })).toEqual({ row });
    const own = { ...row, PURPOSE_GROUP: "mine", GROUP_TYPE: "own" };
    expect(transformRow("CM_PURPOSE", own, { from: "5.6.0" })).toEqual({ row: own });
  });
});
