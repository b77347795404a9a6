import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { encryptRaw } from "../../../../src/transform/crypto/raw-rsa.ts";
import { readStored } from "../../../../src/transform/crypto/read-stored.ts";
import { writeAsymmetric, writeSymmetric } from "../../../../src/transform/crypto/write-stored.ts";
import { aesKey, rsaKey, stored, VECTORS } from "../../../support/crypto-vectors.ts";

const PLAINTEXTS = [
  ...new Set(VECTORS.vectors.flatMap(({ plaintext }) => (plaintext === null ? [] : [plaintext]))),
];
/** Texts that a token may be: no control characters, at least one character, short enough for a 1024-bit key. */
const token = string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter(
  (text) => !/\p{Cc}/u.test(text),
);
const AES_KEYS = ["default32", "own32", "ascii16", "ascii24"];

function envelopeJson(value: string | undefined): string {
  return Buffer.from(value ?? "", "base64").toString("utf8");
}

describe("writeSymmetric", () => {
  it.each(AES_KEYS)("writes with %s what is read back", (name) => {
    const key = aesKey(name);
    for (const plain of PLAINTEXTS) {
      expect(readStored(writeSymmetric(plain, key), { rsa: [], symmetric: [key] })).toEqual({ plain });
    }
  });

  it("reads back any text (property)", () => {
    const key = aesKey("own32");
    return assert(
      property(token, (plain) => {
        expect(readStored(writeSymmetric(plain, key), { rsa: [], symmetric: [key] })).toEqual({ plain });
      }),
    );
  });

  it("has the members, order and lengths of the form that IS 5.11.0 writes", () => {
    const value = writeSymmetric("4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a", aesKey("own32"));
    expect(value).toHaveLength(328);
    expect(envelopeJson(value)).toMatch(/^\{"c":"[^"]{180}","t":"AES\/GCM\/NoPadding","iv":"[^"]{22}=="\}$/);
    const { c, iv } = JSON.parse(envelopeJson(value)) as { c: string; iv: string };
    const inner = envelopeJson(c);
    expect(inner).toMatch(/^\{"cipher":"[^"]{72}","initializationVector":"[^"]{22}=="\}$/);
    expect(inner).toContain(iv);
  });

  it("writes an empty text without a tag, as the server does", () => {
    const { c } = JSON.parse(envelopeJson(writeSymmetric("", aesKey("own32")))) as { c: string };
    expect(envelopeJson(c)).toMatch(/^\{"cipher":"","initializationVector":"[^"]{22}=="\}$/);
  });

  it("uses another IV each time", () => {
    const key = aesKey("own32");
    expect(writeSymmetric("a", key)).not.toBe(writeSymmetric("a", key));
  });
});

describe("writeAsymmetric", () => {
  it.each(["primary", "rsa1024", "other", "multi"])("writes for %s what is read back", (name) => {
    const key = rsaKey(name);
    for (const plain of PLAINTEXTS) {
      const value = writeAsymmetric(plain, key);
      expect(readStored(value ?? "", { rsa: [key], symmetric: [] })).toEqual({ plain });
    }
  });

  it("reads back any text (property)", () => {
    const key = rsaKey("rsa1024");
    return assert(
      property(token, (plain) => {
        const value = writeAsymmetric(plain, key);
        if (value === undefined) expect(Buffer.byteLength(plain)).toBeGreaterThan(86);
        else expect(readStored(value, { rsa: [key], symmetric: [] })).toEqual({ plain });
      }),
      { numRuns: 50 },
    );
  });

  it("has the members, order and escapes of the form that IS 5.11.0 writes", () => {
    const value = writeAsymmetric("4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a", rsaKey("primary"));
    expect(value).toHaveLength(620);
    expect(envelopeJson(value)).toMatch(
      /^\{"c":"[A-Za-z0-9+/]{342}\\u003d\\u003d","t":"RSA\/ECB\/OAEPwithSHA1andMGF1Padding","tp":"9A6EACDD306BAC45D1ACC47531C126B699579072","tpd":"SHA-1"\}$/,
    );
  });

  it("writes an empty text byte for byte as the server does", () => {
    expect(writeAsymmetric("", rsaKey("primary"))).toBe(stored("rsa-oaep-sha1-empty"));
  });

  it("writes 86 bytes for a key of 1024 bits and not 87", () => {
    expect(writeAsymmetric("x".repeat(86), rsaKey("rsa1024"))).toBeTypeOf("string");
    expect(writeAsymmetric("x".repeat(87), rsaKey("rsa1024"))).toBeUndefined();
  });
});

describe("encryptRaw", () => {
  const raw = VECTORS.vectors.filter(({ format, expect: kind }) => format === "rsa-raw" && kind === "ok");

  it("has vectors for both key lengths", () => {
    expect(raw).toHaveLength(6);
  });

  it.each(raw)("gives $id byte for byte", (vector) => {
    expect(encryptRaw(vector.plaintext ?? "", rsaKey(vector.keystore ?? "")).toString("base64")).toBe(
      vector.stored,
    );
  });
});
