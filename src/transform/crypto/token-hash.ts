/** The hash column by which the server finds a token: one string comparison, so every byte of it matters. */
import { hash as digest } from "node:crypto";

export const DEFAULT_HASH_ALGORITHM = "SHA-256";

/** MessageDigest names of Java and what node:crypto calls them. Java does not care about the case. */
const NODE_NAMES: Readonly<Record<string, string>> = {
  MD5: "md5",
  SHA: "sha1",
  SHA1: "sha1",
  "SHA-1": "sha1",
  "SHA-224": "sha224",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
  "SHA-512/224": "sha512-224",
  "SHA-512/256": "sha512-256",
  "SHA3-224": "sha3-224",
  "SHA3-256": "sha3-256",
  "SHA3-384": "sha3-384",
  "SHA3-512": "sha3-512",
};

/** The names that a hash algorithm may have in the configuration. */
export const HASH_ALGORITHMS: readonly string[] = Object.keys(NODE_NAMES);

/** What node:crypto calls a MessageDigest name, or undefined when it is none. */
export function digestName(algorithm: string): string | undefined {
  const name = algorithm.toUpperCase();
  return Object.hasOwn(NODE_NAMES, name) ? NODE_NAMES[name] : undefined;
}

/** Lower-case hex of the digest of the UTF-8 bytes: the hash column of IS 5.5.0 and 5.6.0. */
export function hashHex(plain: string, algorithm: string): string {
  const name = digestName(algorithm);
  if (name === undefined) throw new Error("hash algorithm that the configuration does not let through");
  return digest(name, plain, "hex");
}

/** The hash column of IS 5.7.0 and later. */
export function hashJson(plain: string, algorithm: string): string {
  return wrapHash(hashHex(plain, algorithm), algorithm);
}

/**
 * Wraps a hex digest as WSO2 writes it: org.json prints its HashMap in this order, without blanks, with the configured
 * name of the algorithm as it is spelt there. org.json writes `/` after `<` only as `\/`, so plain JSON text is right.
 */
export function wrapHash(hex: string, algorithm: string): string {
  return JSON.stringify({ hash: hex, algorithm });
}

/** True when there is nothing in a hash column but blanks. */
export function isBlankHash(hash: string | null): boolean {
  return hash === null || hash.trim() === "";
}

/**
 * True for what WSO2's client makes of a missing hash when it wraps it (`{"algorithm":"SHA-256"}`: org.json drops the null): no
 * lookup can match it, and it says what null says.
 */
export function isHashOfNothing(hash: string): boolean {
  return /^\{"algorithm":"[^"]*"\}$/.test(hash);
}

/** True when a hash column has the form of IS 5.7.0 already. */
export function isJsonHash(hash: string): boolean {
  if (!hash.startsWith("{")) return false;
  try {
    JSON.parse(hash);
    return true;
  } catch {
    return false;
  }
}

/** True for lower-case hex as long as a digest of this algorithm. */
export function isHexHash(hash: string, algorithm: string): boolean {
  return hash.length === hexLength(algorithm) && /^[0-9a-f]+$/.test(hash);
}

const hexLengths = new Map<string, number>();

/** Asked for every row: found out once. */
function hexLength(algorithm: string): number {
  const known = hexLengths.get(algorithm);
  if (known !== undefined) return known;
  const { length } = hashHex("", algorithm);
  hexLengths.set(algorithm, length);
  return length;
}
