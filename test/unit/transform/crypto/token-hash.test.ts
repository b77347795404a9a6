import { describe, expect, it } from "vitest";
import {
  digestName,
  HASH_ALGORITHMS,
  hashHex,
  hashJson,
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
});
