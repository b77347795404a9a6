/**
 * The texts of the hash columns. From 5.5.0 on the server finds a token by exact equality of this text, so order,
 * spacing and the algorithm's spelling must be its own, byte for byte (HashingPersistenceProcessor of WSO2's OAuth
 * component).
 */
import { createHash } from "node:crypto";
import { SyncError } from "../errors.ts";
import { jsonObject } from "./stored-form.ts";

export interface TokenHasher {
  /** The bare lower-case hex digest of the UTF-8 bytes: what 5.5.0 and 5.6.0 store. */
  readonly hex: (text: string) => string;
  /** `{"hash":"<hex>","algorithm":"<name>"}`, this order, no blanks: what 5.7.0 and later store. */
  readonly json: (hex: string) => string;
  /** True for a lower-case hex digest as long as this algorithm's own. */
  readonly isOwnHex: (hash: string) => boolean;
}

/** Java's names that differ from node's by more than letter case. */
const NODE_NAMES: ReadonlyMap<string, string> = new Map([["SHA", "SHA-1"]]);

/**
 * Hashing with a message digest by its Java name ("SHA-256", "SHA-512", "MD5", ...), which is written into the JSON
 * form as configured. Throws SyncError CONFIG_INVALID for a name that cannot be computed here.
 */
export function tokenHasher(algorithm: string): TokenHasher {
  const name = NODE_NAMES.get(algorithm.toUpperCase()) ?? algorithm;
  const hex = (text: string): string => createHash(name).update(text, "utf8").digest("hex");
  const digestLength = lengthOrRefuse(algorithm, hex);
  return {
    hex,
    json: (digest) => JSON.stringify({ hash: digest, algorithm }),
    isOwnHex: (hash) => hash.length === digestLength && /^[0-9a-f]+$/.test(hash),
  };
}

/** True when there is nothing in a hash column but blanks. */
export function isBlank(hash: string | null): boolean {
  return hash === null || hash.trim() === "";
}

/** True when the hash column has the JSON form already. */
export function isJsonHash(hash: string): boolean {
  return jsonObject(hash) !== undefined;
}

function lengthOrRefuse(algorithm: string, hex: (text: string) => string): number {
  try {
    return hex("").length;
  } catch (cause) {
    throw new SyncError("CONFIG_INVALID", {
      what: `The token hash algorithm ${JSON.stringify(algorithm)} is not known here`,
      next: "Set it to the target server's HashAlgorithm ([oauth] hash_token_algorithm), for example SHA-256",
      cause,
    });
  }
}
