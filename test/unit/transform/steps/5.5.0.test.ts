import { describe, expect, it } from "vitest";
import { ACCESS_HEX, ACCESS_TOKEN, CODE, CODE_HEX, codeRow, REFRESH_HEX, tokenRow } from "../rows.ts";
import { transformerOf, transformRow } from "../transform-row.ts";

const into = { from: "5.4.1", to: "5.5.0" };

describe("the 5.5.0 step", () => {
  it("hashes both tokens as bare hex", () => {
    expect(transformRow(ACCESS_TOKEN, tokenRow, into)).toEqual({
      row: { ...tokenRow, ACCESS_TOKEN_HASH: ACCESS_HEX, REFRESH_TOKEN_HASH: REFRESH_HEX },
    });
  });

  it("hashes codes as bare hex, also for a target of 5.6.0", () => {
    expect(transformRow(CODE, codeRow, { from: "5.1.0", to: "5.6.0" })).toEqual({
      row: { ...codeRow, AUTHORIZATION_CODE_HASH: CODE_HEX },
    });
  });

  it.each([null, ""])("gives a refresh token of %j a null hash", (refresh) => {
    expect(transformRow(ACCESS_TOKEN, { ...tokenRow, REFRESH_TOKEN: refresh }, into)).toEqual({
      row: { ...tokenRow, REFRESH_TOKEN: refresh, ACCESS_TOKEN_HASH: ACCESS_HEX, REFRESH_TOKEN_HASH: null },
    });
  });

  it("hashes the UTF-8 bytes of a token", () => {
    expect(transformRow(ACCESS_TOKEN, { ...tokenRow, ACCESS_TOKEN: "tokén-😀" }, into)).toMatchObject({
      row: { ACCESS_TOKEN_HASH: "716cd2d705f0c9ce23ba55e42fba01553c7a6d787c52efd206dca7cb6cd0a099" },
    });
  });

  it("keeps a hash that an updated server has written already and fills the other", () => {
    const row = { ...tokenRow, ACCESS_TOKEN_HASH: ACCESS_HEX, REFRESH_TOKEN_HASH: " " };
    expect(transformRow(ACCESS_TOKEN, row, into)).toMatchObject({
      row: { ACCESS_TOKEN_HASH: ACCESS_HEX, REFRESH_TOKEN_HASH: REFRESH_HEX },
    });
  });

  it("uses the configured algorithm", () => {
    expect(transformRow(ACCESS_TOKEN, tokenRow, { ...into, hashAlgorithm: "SHA-1" })).toMatchObject({
      row: { ACCESS_TOKEN_HASH: "586700f07d886c8c51722807fd9272bbd4774833" },
    });
  });

  it("does not apply below 5.5.0: nothing is hashed and encrypted tokens pass", () => {
    const row = { ...tokenRow, ACCESS_TOKEN: "eyJjIjoiQUFBQSJ9" };
    expect(transformerOf(ACCESS_TOKEN, { from: "5.1.0", to: "5.4.1" }).steps).toEqual([]);
    expect(transformRow(ACCESS_TOKEN, row, { from: "5.1.0", to: "5.4.1" })).toEqual({ row });
  });

  it("refuses a token that came as bytes", () => {
    const row = { ...tokenRow, ACCESS_TOKEN: new Uint8Array([1]) };
    expect(transformRow(ACCESS_TOKEN, row, into)).toEqual({
      failure: "ACCESS_TOKEN: holds bytes where text is expected",
    });
  });
});
