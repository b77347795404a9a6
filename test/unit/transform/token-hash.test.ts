import { describe, expect, it } from "vitest";
import { isBlank, isJsonHash, tokenHasher } from "../../../src/transform/token-hash.ts";

// sha256sum, sha1sum and md5sum of "abc" and "openid"
const ABC_SHA_256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const OPENID_MD5 = "369db21a386ae433e65c0ff34d35708d";

describe("token hashes", () => {
  it("are lower-case hex, then JSON of 97 characters for SHA-256", () => {
    const { hex, json } = tokenHasher("SHA-256");
    expect(hex("abc")).toBe(ABC_SHA_256);
    expect(json(ABC_SHA_256)).toBe(`{"hash":"${ABC_SHA_256}","algorithm":"SHA-256"}`);
    expect(json(ABC_SHA_256)).toHaveLength(97);
  });

  it.each([
    ["MD5", "openid", OPENID_MD5],
    ["SHA", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["SHA-1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["sha-256", "abc", ABC_SHA_256],
    ["SHA-512/256", "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"],
  ])("know Java's name %s", (algorithm, text, digest) => {
    expect(tokenHasher(algorithm).hex(text)).toBe(digest);
  });

  it("tell their own hex from that of others", () => {
    const { isOwnHex } = tokenHasher("SHA-256");
    expect(isOwnHex(ABC_SHA_256)).toBe(true);
    expect(isOwnHex(ABC_SHA_256.toUpperCase())).toBe(false);
    expect(isOwnHex(OPENID_MD5)).toBe(false);
    expect(isOwnHex("x".repeat(64))).toBe(false);
  });

  it("are blank when null, empty or spaces, and JSON when an object", () => {
    expect([null, "", "  ", "a"].map(isBlank)).toEqual([true, true, true, false]);
    expect(["{}", '{"a":1}', "{", "[]", "1", ABC_SHA_256].map(isJsonHash)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
