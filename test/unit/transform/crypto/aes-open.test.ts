import { createCipheriv, createSecretKey, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { gcmName, openEcb, openGcm } from "../../../../src/transform/crypto/aes-open.ts";

let keys = 0;
/** Another one each time, the same ones in each run. */
const keyOf = (bytes: number) => createSecretKey(Buffer.alloc(bytes, ++keys));
const iv = randomBytes(16);

function sealGcm(text: string, key = keyOf(32), nonce = iv): readonly [Buffer, ReturnType<typeof keyOf>] {
  const cipher = createCipheriv(gcmName(key), key, nonce);
  return [Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]), key];
}

function sealEcb(text: string, key: ReturnType<typeof keyOf>): Buffer {
  const cipher = createCipheriv(`aes-${(key.symmetricKeySize ?? 0) * 8}-ecb`, key, null);
  return Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
}

describe("AES/GCM", () => {
  it.each([16, 24, 32])("is opened with a key of %i bytes, whichever of the keys it is", (bytes) => {
    const [sealed, key] = sealGcm("a token", keyOf(bytes));
    expect(openGcm(sealed, iv, [keyOf(32), key, keyOf(16)])).toBe("a token");
    expect(openGcm(sealed, iv, [keyOf(bytes)])).toBeUndefined();
    expect(openGcm(sealed, iv, [])).toBeUndefined();
  });

  it.each([12, 16, 128])("takes an initialization vector of %i bytes", (length) => {
    const nonce = randomBytes(length);
    const [sealed, key] = sealGcm("a token", keyOf(32), nonce);
    expect(openGcm(sealed, nonce, [key])).toBe("a token");
    expect(openGcm(sealed, randomBytes(length), [key])).toBeUndefined();
  });

  it("that is shorter than its tag, or was changed, is not opened", () => {
    const [sealed, key] = sealGcm("a token");
    for (const length of [1, 15, sealed.length - 1])
      expect(openGcm(sealed.subarray(0, length), iv, [key])).toBeUndefined();
    sealed.writeUInt8(sealed.readUInt8(0) ^ 1, 0);
    expect(openGcm(sealed, iv, [key])).toBeUndefined();
  });

  it("of an empty text with its tag is one, and so is nothing at all where there is a key", () => {
    const [sealed, key] = sealGcm("");
    expect(sealed).toHaveLength(16);
    expect(openGcm(sealed, iv, [key])).toBe("");
    expect(openGcm(Buffer.alloc(0), iv, [key])).toBe("");
    expect(openGcm(Buffer.alloc(0), iv, [])).toBeUndefined();
  });
});

describe("AES/ECB", () => {
  it.each([16, 24, 32])("is opened with a key of %i bytes, whichever of the keys it is", (bytes) => {
    const key = keyOf(bytes);
    expect(openEcb(sealEcb("a token", key), [keyOf(24), key])).toBe("a token");
    expect(openEcb(sealEcb("a token", key).subarray(0, 15), [key])).toBeUndefined();
    expect(openEcb(sealEcb("a token", key), [])).toBeUndefined();
  });

  it("of nothing is nothing where there is a key", () => {
    expect(openEcb(Buffer.alloc(0), [keyOf(16)])).toBe("");
    expect(openEcb(Buffer.alloc(0), [])).toBeUndefined();
  });
});

it("a key of another length is a fault of ours, as is a vector that no cipher takes: it is no wrong key", () => {
  expect(() => gcmName(keyOf(20))).toThrow("AES key of a length that the configuration does not let through");
  const [sealed] = sealGcm("a token");
  expect(() => openGcm(sealed, iv, [keyOf(20)])).toThrow(/length/);
  expect(() => openEcb(sealed, [keyOf(20)])).toThrow(/length/);
});
