import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64 } from "../../../../src/transform/crypto/base64.ts";
import { plausibleText } from "../../../../src/transform/crypto/plain-text.ts";
import { unpadPkcs1, unpadRaw } from "../../../../src/transform/crypto/raw-rsa.ts";
import { recogniseStored } from "../../../../src/transform/crypto/stored-form.ts";
import { VECTORS } from "../../../support/crypto-vectors.ts";

const KINDS: Readonly<Record<string, string>> = {
  plain: "plain",
  "rsa-raw": "bare-rsa",
  "rsa-pkcs1-bare": "bare-rsa",
  "rsa-oaep-bare": "bare-rsa",
  "aes-ecb-bare": "bare-aes",
};

function kindOf({
  format,
  transformation = "",
}: {
  format: string;
  transformation?: string;
}): string | undefined {
  if (format !== "self-contained") return KINDS[format];
  if (transformation === "AES") return "aes-envelope";
  return transformation.startsWith("RSA") ? "rsa-envelope" : "gcm-envelope";
}

describe("recogniseStored", () => {
  it.each(VECTORS.vectors)("tells the form of $id by its content", (vector) => {
    expect(recogniseStored(vector.stored).kind).toBe(kindOf(vector));
  });

  it.each([
    ["a UUID", "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a", "plain"],
    ["a JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl", "plain"],
    ["a TOTP secret", "KRSXG5CTMVRXEZLU", "plain"],
    ["a hex digest", "da4bef2e4dadee580989a8ab28c03df2e339a7704968006241b486656bcd9320", "hash-hex"],
    ["upper-case hex, which no server writes", "DA4BEF2E4DADEE580989A8AB28C03DF2E339A770", "plain"],
    ["a hash in JSON", '{"hash":"ab","algorithm":"SHA-256"}', "hash-json"],
    ["JSON that is no hash", '{"algorithm":"SHA-256"}', "plain"],
    ["Base64 of 15 bytes", "QUFBQUFBQUFBQUFBQUFB", "plain"],
    ["Base64 of 16 bytes", "QUFBQUFBQUFBQUFBQUFBQQ==", "bare-aes"],
    ["Base64 without padding", "QUFBQUFBQUFBQUFBQUFBQQ", "plain"],
    ["Base64 with a line break", "QUFBQUFBQUFB\nQUFBQUFBQUFBQQ==", "plain"],
    ["Base64 of JSON without c", Buffer.from('{"a":1}').toString("base64"), "plain"],
    ["an empty text", "", "plain"],
  ])("takes %s for what it is", (_name, value, kind) => {
    expect(recogniseStored(value).kind).toBe(kind);
  });

  it("takes a value as long as a modulus at hand for RSA", () => {
    const value = Buffer.alloc(192, 1).toString("base64");
    expect(recogniseStored(value).kind).toBe("bare-aes");
    expect(recogniseStored(value, [192]).kind).toBe("bare-rsa");
  });
});

describe("decodeBase64", () => {
  it("undoes the encoder (property)", () => {
    return assert(
      property(uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(decodeBase64(text)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each(["A", "AA", "AAA", "A===", "AA=A", "AB==", "AAA-", "AAA_", " AAA", "AAAA\n"])(
    "refuses %j",
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );
});

describe("padding", () => {
  const fill = Buffer.alloc(8, 7);

  it("strips leading zeros of raw RSA only", () => {
    expect(unpadRaw(Buffer.from([0, 0, 65, 0]))).toEqual(Buffer.from([65, 0]));
    expect(unpadRaw(Buffer.alloc(4))).toEqual(Buffer.alloc(0));
  });

  it("takes PKCS#1 padding off", () => {
    expect(unpadPkcs1(Buffer.concat([Buffer.from([0, 2]), fill, Buffer.from([0, 65])]))).toEqual(
      Buffer.from([65]),
    );
  });

  it.each([
    ["the first byte is not 0", [1, 2, ...fill, 0, 65]],
    ["it is of the other block type", [0, 1, ...fill, 0, 65]],
    ["there are 7 bytes of padding", [0, 2, ...fill.subarray(1), 0, 65]],
    ["nothing separates the message", [0, 2, ...fill, 65]],
  ])("finds no PKCS#1 message when %s", (_name, bytes) => {
    expect(unpadPkcs1(Buffer.from(bytes))).toBeUndefined();
  });
});

describe("plausibleText", () => {
  it.each([
    ["a token", Buffer.from("4a1c-✓"), "4a1c-✓"],
    ["nothing", Buffer.alloc(0), ""],
    ["a byte order mark, which stays", Buffer.from([0xef, 0xbb, 0xbf, 0x41]), "\ufeffA"],
    ["broken UTF-8", Buffer.from([0xc3]), undefined],
    ["a zero byte", Buffer.from([65, 0]), undefined],
    ["a tab", Buffer.from("a\tb"), undefined],
    ["a C1 control", Buffer.from("a\u0085b"), undefined],
  ])("judges %s", (_name, bytes, text) => {
    expect(plausibleText(bytes)).toBe(text);
  });
});
