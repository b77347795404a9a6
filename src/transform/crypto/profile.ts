/** What the source stores and what the target wants stored, with the keys already opened. */
import type { KeyObject } from "node:crypto";
import type { RsaKey } from "./keystore.ts";
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
}

/** WSO2's choice is global: a server with a symmetric key cannot read RSA, and the other way round. */
export type TargetEncryption =
  | { readonly kind: "symmetric"; readonly key: KeyObject }
  | { readonly kind: "asymmetric"; readonly key: RsaKey };

/** A source whose server stores tokens plain, with no keys: WSO2's default. */
export const PLAIN_SOURCE: SourceProfile = {
  processor: "plain",
  hashAlgorithm: "SHA-256",
  keys: { rsa: [], symmetric: [] },
  mixedRows: false,
};
