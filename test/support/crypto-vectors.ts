/** The vectors of WSO2's own cryptography, typed, with their keys opened from the raw material in the file. */
import { createPrivateKey, createSecretKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyProfiles } from "../../src/transform/crypto/key-config.ts";
import type { RsaKey } from "../../src/transform/crypto/keystore.ts";

export interface KeystoreVector {
  readonly type: string;
  readonly storePassword: string;
  readonly alias: string;
  readonly keyPassword: string;
  readonly base64: string;
  readonly certSha1ThumbprintUpperHex: string;
  readonly certDerBase64: string;
  readonly pkcs8PrivateKeyBase64: string;
}

export interface CryptoVector {
  readonly id: string;
  readonly format: string;
  readonly keystore?: string;
  readonly key?: string;
  readonly transformation?: string;
  readonly stored: string;
  readonly plaintext: string | null;
  readonly innerJson?: string;
  readonly deterministic?: boolean;
  readonly expect: "ok" | "reject";
}

interface CryptoVectors {
  readonly keystores: Readonly<Record<string, KeystoreVector>>;
  readonly symmetricKeys: Readonly<
    Record<string, { configured: string; keyBytesHexIn511: string; validIn511: boolean }>
  >;
  readonly vectors: readonly CryptoVector[];
  readonly hashes: readonly {
    readonly algorithm: string;
    readonly plaintext: string;
    readonly hexIs550to560: string;
    readonly jsonFromIs570: string;
  }[];
  readonly writtenByOriginal511: readonly {
    readonly transformation: string;
    readonly key?: string;
    readonly keystore?: string;
    readonly plaintext: string;
    readonly stored: string;
    readonly innerJson: string;
  }[];
}

export const VECTORS = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/crypto-vectors.json"), "utf8"),
) as CryptoVectors;

/** A row of the file by its id. */
export function vector(id: string): CryptoVector {
  const found = VECTORS.vectors.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no vector ${id}`);
  return found;
}

/** The stored text of a vector. */
export function stored(id: string): string {
  return vector(id).stored;
}

/** A keystore of the file by its name. */
export function keystoreVector(name: string): KeystoreVector {
  const found = VECTORS.keystores[name];
  if (found === undefined) throw new Error(`no keystore ${name}`);
  return found;
}

/** The RSA key of a keystore, made without the keystore readers, so that their faults cannot hide. */
export function rsaKey(name: string): RsaKey {
  const { pkcs8PrivateKeyBase64, certDerBase64, certSha1ThumbprintUpperHex } = keystoreVector(name);
  const der = Buffer.from(pkcs8PrivateKeyBase64, "base64");
  return {
    privateKey: createPrivateKey({ key: der, format: "der", type: "pkcs8" }),
    certificateDer: Buffer.from(certDerBase64, "base64"),
    thumbprint: certSha1ThumbprintUpperHex,
    modulusBytes: name === "rsa1024" ? 128 : 256,
  };
}

/** A symmetric key as IS 5.11.0 would make it of the configured text. */
export function aesKey(name: string): KeyObject {
  const found = VECTORS.symmetricKeys[name];
  if (found === undefined) throw new Error(`no symmetric key ${name}`);
  return createSecretKey(Buffer.from(found.keyBytesHexIn511, "hex"));
}

/** A source with keys of both kinds, and a target that stores plain. */
export const RSA_AND_AES_TO_PLAIN: KeyProfiles = {
  source: {
    processor: "encrypted",
    hashAlgorithm: "SHA-256",
    keys: { rsa: [rsaKey("primary"), rsaKey("rsa1024")], symmetric: [aesKey("own32")] },
    mixedRows: false,
  },
  target: { processor: "plain", hashAlgorithm: "SHA-256", encryption: undefined },
};
