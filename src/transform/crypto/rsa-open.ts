/** Opens RSA ciphertext with whichever of several keys it was made for. */
import { constants, privateDecrypt } from "node:crypto";
import type { RsaKey } from "./keystore.ts";
import { plausibleText } from "./plain-text.ts";
import { decryptRsaBlock, unpadPkcs1, unpadRaw } from "./raw-rsa.ts";

type Scheme = "raw" | "pkcs1" | "oaep-sha1" | "oaep-sha256";

/** BouncyCastle's names, compared in lower case; its OAEP uses the named digest for MGF1 too. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  rsa: "raw",
  "rsa/ecb/nopadding": "raw",
  "rsa/none/nopadding": "raw",
  "rsa/ecb/pkcs1padding": "pkcs1",
  "rsa/none/pkcs1padding": "pkcs1",
  "rsa/ecb/oaeppadding": "oaep-sha1",
  "rsa/ecb/oaepwithsha1andmgf1padding": "oaep-sha1",
  "rsa/ecb/oaepwithsha-1andmgf1padding": "oaep-sha1",
  "rsa/ecb/oaepwithsha256andmgf1padding": "oaep-sha256",
  "rsa/ecb/oaepwithsha-256andmgf1padding": "oaep-sha256",
};

/** The scheme of a JCA transformation name, or undefined for one that WSO2 servers do not use. */
export function rsaScheme(transformation: string): Scheme | undefined {
  return Object.hasOwn(SCHEMES, transformation.toLowerCase())
    ? SCHEMES[transformation.toLowerCase()]
    : undefined;
}

/**
 * Opens the ciphertext of an envelope. The thumbprint only says which key to try first: some kernels write the
 * primary keystore's although they encrypt with the internal one.
 */
export function openRsaEnvelope(
  cipher: Buffer,
  scheme: Scheme,
  thumbprint: string | undefined,
  keys: readonly RsaKey[],
): string | undefined {
  const named = keys.filter((key) => key.thumbprint === thumbprint);
  const others = keys.filter((key) => key.thumbprint !== thumbprint);
  return firstText([...named, ...others], (key) => openWith(cipher, scheme, key));
}

/**
 * Opens bare ciphertext, which says nothing about itself: raw RSA when the block reads as text, else PKCS#1, else OAEP.
 * Every key is tried with the first two, which cost one operation together, before any is tried with OAEP.
 */
export function openBareRsa(cipher: Buffer, keys: readonly RsaKey[]): string | undefined {
  return (
    firstText(keys, (key) => {
      const block = decryptRsaBlock(cipher, key);
      return block && (plausibleText(unpadRaw(block)) ?? textOf(unpadPkcs1(block)));
    }) ??
    firstText(keys, (key) => openWith(cipher, "oaep-sha1", key)) ??
    firstText(keys, (key) => openWith(cipher, "oaep-sha256", key))
  );
}

function openWith(cipher: Buffer, scheme: Scheme, key: RsaKey): string | undefined {
  switch (scheme) {
    case "raw": {
      const block = decryptRsaBlock(cipher, key);
      return block && plausibleText(unpadRaw(block));
    }
    case "pkcs1": {
      const block = decryptRsaBlock(cipher, key);
      return block && textOf(unpadPkcs1(block));
    }
    case "oaep-sha1":
      return textOf(decryptOaep(cipher, "sha1", key));
    case "oaep-sha256":
      return textOf(decryptOaep(cipher, "sha256", key));
  }
}

function decryptOaep(cipher: Buffer, oaepHash: "sha1" | "sha256", key: RsaKey): Buffer | undefined {
  if (cipher.length !== key.modulusBytes) return undefined;
  try {
    return privateDecrypt(
      { key: key.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
      cipher,
    );
  } catch {
    return undefined; // made for another key
  }
}

function textOf(bytes: Buffer | undefined): string | undefined {
  return bytes && plausibleText(bytes);
}

function firstText(keys: readonly RsaKey[], open: (key: RsaKey) => string | undefined): string | undefined {
  for (const key of keys) {
    const text = open(key);
    if (text !== undefined) return text;
  }
  return undefined;
}
