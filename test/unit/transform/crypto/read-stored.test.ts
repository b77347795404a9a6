import { describe, expect, it } from "vitest";
import { readStored } from "../../../../src/transform/crypto/read-stored.ts";
import { aesKey, rsaKey, stored, VECTORS } from "../../../support/crypto-vectors.ts";

const NO_KEYS = { rsa: [], symmetric: [] };
const VALID_KEYS = ["default32", "own32", "ascii16", "ascii24"];

describe("readStored with the one key of each vector", () => {
  // hex64 is no AES key at all: it is refused when the configuration is read.
  const readable = VECTORS.vectors.filter((vector) => vector.key !== "hex64");

  it.each(readable.filter((vector) => vector.expect === "ok"))("reads $id", (vector) => {
    const keys = {
      rsa: vector.keystore ? [rsaKey(vector.keystore)] : [],
      symmetric: vector.key ? [aesKey(vector.key)] : [],
    };
    expect(readStored(vector.stored, keys)).toEqual({ plain: vector.plaintext });
  });

  it.each(readable.filter((vector) => vector.expect === "reject"))("rejects $id", (vector) => {
    const keys = {
      rsa: vector.keystore ? [rsaKey(vector.keystore)] : [],
      symmetric: vector.key ? [aesKey(vector.key)] : [],
    };
    expect(readStored(vector.stored, keys)).toHaveProperty("failure");
  });

  it("covers every vector but the one with the invalid key", () => {
    expect(readable).toHaveLength(VECTORS.vectors.length - 1);
    expect(readable.filter((vector) => vector.expect === "reject")).toHaveLength(5);
  });
});

describe("readStored with many keys", () => {
  const keys = {
    rsa: ["rsa1024", "other", "multi", "primary"].map(rsaKey),
    symmetric: VALID_KEYS.map(aesKey),
  };
  const tampered = ["aes-gcm-tampered-tag", "aes-gcm-truncated-tag"];

  it.each(VECTORS.vectors.filter((vector) => vector.expect === "ok"))(
    "reads $id, whichever key it is of",
    (vector) => {
      expect(readStored(vector.stored, keys)).toEqual({ plain: vector.plaintext });
    },
  );

  it.each(["rsa-raw-wrong-key", "rsa-oaep-wrong-key", "aes-gcm-wrong-key"])(
    "reads %s, whose key is among them",
    (id) => {
      expect(readStored(stored(id), keys)).toHaveProperty("plain");
    },
  );

  it.each(tampered)("rejects %s", (id) => {
    expect(readStored(stored(id), keys)).toEqual({ failure: "no configured symmetric key opens the value" });
  });

  it.each(VECTORS.writtenByOriginal511)(
    "reads what IS 5.11.0 itself wrote with $transformation",
    (written) => {
      expect(readStored(written.stored, keys)).toEqual({ plain: "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a" });
    },
  );

  it("opens an envelope that names a keystore other than the one it is encrypted for", () => {
    const json = Buffer.from(stored("rsa-oaep-sha1-accessToken"), "base64").toString();
    const misnamed = json.replace(
      "9A6EACDD306BAC45D1ACC47531C126B699579072",
      "15E8A8E6734D11DB92058F718B81D30FCF40F36F",
    );
    expect(misnamed).not.toBe(json);
    expect(readStored(Buffer.from(misnamed).toString("base64"), keys)).toEqual({
      plain: "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a",
    });
  });
});

describe("reasons of readStored", () => {
  it.each([
    ["rsa-raw-primary-accessToken", "the value looks encrypted and no key is configured"],
    ["rsa-oaep-sha1-accessToken", "the value is encrypted with RSA and no keystore is configured"],
    ["aes-gcm-own32-accessToken", "the value is encrypted with AES and no symmetric key is configured"],
    ["aes-gcm-empty", "the value is encrypted with AES and no symmetric key is configured"],
    ["aes-ecb-bare-accessToken", "the value looks encrypted and no key is configured"],
  ])("says for %s without keys: %s", (id, failure) => {
    expect(readStored(stored(id), NO_KEYS)).toEqual({ failure });
  });

  it("names the certificate that an envelope asks for", () => {
    expect(
      readStored(stored("rsa-oaep-sha1-accessToken"), { rsa: [rsaKey("other")], symmetric: [] }),
    ).toEqual({
      failure:
        "no configured RSA key opens the value; it names the certificate 9A6EACDD306BAC45D1ACC47531C126B699579072",
    });
  });

  it("does not repeat what stands in place of a thumbprint", () => {
    const envelope = Buffer.from(JSON.stringify({ c: "AAAA", t: "RSA", tp: "s3cret" })).toString("base64");
    expect(readStored(envelope, { rsa: [rsaKey("other")], symmetric: [] })).toEqual({
      failure: "no configured RSA key opens the value; it names the certificate by no SHA-1 thumbprint",
    });
  });

  it.each([
    [
      "an unknown cipher",
      { c: "AAAA", t: "DESede" },
      "the encrypted value is damaged or of an unknown transformation",
    ],
    [
      "c that is not Base64",
      { c: "A-A", t: "RSA" },
      "the encrypted value is damaged or of an unknown transformation",
    ],
    [
      "GCM without its inner JSON",
      { c: "AAAA", t: "AES/GCM/NoPadding" },
      "the encrypted value is damaged or of an unknown transformation",
    ],
    [
      "an unknown RSA padding",
      { c: "AAAA", t: "RSA/ECB/ISO9796" },
      "the value is encrypted with an RSA transformation that is not known",
    ],
  ])("says what is wrong with an envelope of %s", (_name, envelope, failure) => {
    const text = Buffer.from(JSON.stringify(envelope)).toString("base64");
    expect(readStored(text, { rsa: [rsaKey("primary")], symmetric: [aesKey("own32")] })).toEqual({ failure });
  });

  it("says that a hash cannot be read", () => {
    expect(readStored('{"hash":"ab","algorithm":"SHA-256"}', NO_KEYS)).toEqual({
      failure: "the value is hashed, its plaintext cannot be known",
    });
  });
});
