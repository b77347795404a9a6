/** What the source stores and what the target wants stored, with the keys already opened. */
import type { KeyObject } from "node:crypto";
import type { RsaCertificate, RsaKey } from "./keystore.ts";
import type { ReadKeys } from "./read-stored.ts";

/** How a server keeps tokens and codes: WSO2's three TokenPersistenceProcessors. TOTP secrets are always encrypted. */
export type Processor = "plain" | "hashed" | "encrypted";

export interface SourceProfile {
  readonly processor: Processor;
  /** MessageDigest name; only hashed sources need it. */
  readonly hashAlgorithm: string;
  readonly keys: ReadKeys;
  /** Whether rows may contradict `processor`, as after a half-done migration; each is then taken for what it looks. */
  readonly mixedRows: boolean;
}

export interface TargetProfile {
  readonly processor: Processor;
  /** MessageDigest name exactly as the target is configured: it is part of every hash column. */
  readonly hashAlgorithm: string;
  /** How the target encrypts; undefined when no key is configured, so that nothing encrypted can be written. */
  readonly encryption: TargetEncryption | undefined;
  /** What the hash columns hold: JSON since 5.7.0 (default), bare hex in 5.5.0 and 5.6.0, and before there are none. */
  readonly hashForm?: "json" | "hex" | "none";
}

/** WSO2's choice is global: a server with a symmetric key cannot read RSA, and the other way round. */
export type TargetEncryption =
  | { readonly kind: "symmetric"; readonly key: KeyObject }
  | { readonly kind: "asymmetric"; readonly key: RsaKey | RsaCertificate }
  /** Servers up to 5.4.1: raw RSA, without an envelope. Only on the way back. */
  | { readonly kind: "raw-rsa"; readonly key: RsaKey | RsaCertificate };

/** The keys by which a target's values can be read; a certificate reads nothing. */
export function keysOf(encryption: TargetEncryption): ReadKeys {
  if (encryption.kind === "symmetric") return { rsa: [], symmetric: [encryption.key] };
  return { rsa: "privateKey" in encryption.key ? [encryption.key] : [], symmetric: [] };
}

/** A source whose server stores tokens plain, with no keys: WSO2's default. */
export const PLAIN_SOURCE: SourceProfile = {
  processor: "plain",
  hashAlgorithm: "SHA-256",
  keys: { rsa: [], symmetric: [] },
  mixedRows: false,
};
