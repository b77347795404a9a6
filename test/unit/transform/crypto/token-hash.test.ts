import { describe, expect, it } from "vitest";
import {
  digestName,
  HASH_ALGORITHMS,
  hashHex,
  hashJson,
  isBlankHash,
  isHexHash,
  isJsonHash,
  wrapHash,
} from "../../../../src/transform/crypto/token-hash.ts";
import { VECTORS } from "../../../support/crypto-vectors.ts";

describe("hash columns", () => {
  it("has vectors of three algorithms", () => {
    expect([...new Set(VECTORS.hashes.map(({ algorithm }) => algorithm))].sort()).toEqual([
      "SHA-1",
      "SHA-256",
      "SHA-512",
    ]);
  });

  it.each(VECTORS.hashes)("hashes as WSO2's processor does: $algorithm", (hash) => {
    expect(hashHex(hash.plaintext, hash.algorithm)).toBe(hash.hexIs550to560);
    expect(hashJson(hash.plaintext, hash.algorithm)).toBe(hash.jsonFromIs570);
    expect(wrapHash(hash.hexIs550to560, hash.algorithm)).toBe(hash.jsonFromIs570);
  });

  it("puts the configured spelling of the algorithm into the JSON", () => {
    expect(hashJson("a", "sha-1")).toBe(
      '{"hash":"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8","algorithm":"sha-1"}',
    );
  });

  it.each(HASH_ALGORITHMS)("can compute %s", (algorithm) => {
    expect(hashHex("a", algorithm)).toMatch(/^[0-9a-f]{32,128}$/);
  });

  it("tells same digests from others whatever their spelling", () => {
    expect(digestName("sha1")).toBe(digestName("SHA-1"));
    expect(digestName("constructor")).toBeUndefined();
    expect(digestName("SHA-257")).toBeUndefined();
  });

  it("takes lower-case hex of the algorithm's length for a hash, and nothing else", () => {
    const hex = hashHex("a", "SHA-256");
    expect(isHexHash(hex, "SHA-256")).toBe(true);
    expect(isHexHash(hex.toUpperCase(), "SHA-256")).toBe(false);
    expect(isHexHash(hex, "SHA-1")).toBe(false);
    expect(isHexHash(`${hex.slice(0, -1)}g`, "SHA-256")).toBe(false);
    expect(isHexHash(`${hex}00`, "SHA-256")).toBe(false);
  });

  it("tells a blank hash and one in JSON from others", () => {
    expect([null, "", "  "].map(isBlankHash)).toEqual([true, true, true]);
    expect(isBlankHash("0")).toBe(false);
    expect(isJsonHash('{"algorithm":"SHA-256"}')).toBe(true);
    expect(['{"algorithm":', "[]", "86f7"].map(isJsonHash)).toEqual([false, false, false]);
  });
});
