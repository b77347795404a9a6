/** From the settings of both servers to opened keys: everything that can be wrong with them is said at once. */
import { createSecretKey, type KeyObject } from "node:crypto";
import { SyncError } from "../../errors.ts";
import { decodeBase64 } from "./base64.ts";
import {
  type KeystoreSettings,
  openCertificate,
  openKeystore,
  type RsaCertificate,
  type RsaKey,
} from "./keystore.ts";
import type { Processor, SourceProfile, TargetEncryption, TargetProfile } from "./profile.ts";
import type { ReadKeys } from "./read-stored.ts";
import { DEFAULT_HASH_ALGORITHM, digestName, HASH_ALGORITHMS } from "./token-hash.ts";

/** A symmetric key as the server is configured with it. */
export interface SymmetricKeySettings {
  readonly text: string;
  /**
   * `text` (default): the key is the bytes of the text itself, never decoded from hex, as IS 5.11.0 takes it.
   * `base64`: symmetric-key.properties of IS 5.1 to 5.6 when its value came out of the Secure Vault.
   */
  readonly encoding?: "text" | "base64";
}

/** The settings of one server that decide how it stores tokens; the same shape for source and target. */
export interface SideKeySettings {
  /** Default `plain`. */
  readonly processor?: Processor;
  /** MessageDigest name. Default `SHA-256`. */
  readonly hashAlgorithm?: string;
  /** The target's provider; default: symmetric when a symmetric key is given, else asymmetric. Unused on a source. */
  readonly encryption?: "symmetric" | "asymmetric";
  /** On the source all are tried; on the target only the first is used. Default none. */
  readonly keystores?: readonly KeystoreSettings[];
  /** On the source all are tried; on the target only the first is used. Default none. */
  readonly symmetricKeys?: readonly SymmetricKeySettings[];
  /** Only on the source: a certificate of it, to write with on the way back where its key pair is not at hand. */
  readonly certificate?: string;
  /** Only on the source: rows may differ from `processor`. Default false. */
  readonly mixedRows?: boolean;
}

export interface KeySettings {
  readonly source: SideKeySettings;
  readonly target: SideKeySettings;
}

export interface KeyProfiles {
  readonly source: SourceProfile;
  readonly target: TargetProfile;
  /** The source's certificate: it writes for the source and reads nothing. */
  readonly certificate?: RsaCertificate;
}

/**
 * Opens all keys.
 * @throws SyncError KEY_INVALID that lists every problem; no key or password is in it.
 */
export function openKeys(settings: KeySettings): KeyProfiles {
  const problems: string[] = [];
  const source: SourceProfile = {
    processor: settings.source.processor ?? "plain",
    hashAlgorithm: hashAlgorithm("source", settings.source, problems),
    keys: openSource(settings.source, problems),
    mixedRows: settings.source.mixedRows ?? false,
  };
  const target: TargetProfile = {
    processor: settings.target.processor ?? "plain",
    hashAlgorithm: hashAlgorithm("target", settings.target, problems),
    encryption: openTarget(settings.target, problems),
  };
  const { certificate: path } = settings.source;
  const certificate =
    path === undefined ? undefined : orReport("source", () => openCertificate(path), problems);
  if (problems.length > 0) throw keysInvalid(problems);
  return { source, target, ...(certificate === undefined ? {} : { certificate }) };
}

function hashAlgorithm(side: string, settings: SideKeySettings, problems: string[]): string {
  const { hashAlgorithm: name = DEFAULT_HASH_ALGORITHM } = settings;
  if (digestName(name) === undefined) {
    problems.push(
      `${side}: the hash algorithm ${name} is not known; it can be one of ${HASH_ALGORITHMS.join(", ")}`,
    );
  }
  return name;
}

function openSource({ keystores = [], symmetricKeys = [] }: SideKeySettings, problems: string[]): ReadKeys {
  const keep = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);
  return {
    rsa: keystores.flatMap((keystore) => keep(openOrReport("source", keystore, problems))),
    symmetric: symmetricKeys.flatMap((key, index) => keep(symmetricKey("source", index, key, problems))),
  };
}

const openOrReport = (side: string, keystore: KeystoreSettings, problems: string[]): RsaKey | undefined =>
  orReport(side, () => openKeystore(keystore), problems);

function orReport<Key>(side: string, open: () => Key, problems: string[]): Key | undefined {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    problems.push(`${side}: ${error.message}. ${error.next}`);
    return undefined;
  }
}

const AES_KEY_BYTES: readonly number[] = [16, 24, 32];

function symmetricKey(
  side: string,
  index: number,
  { text, encoding = "text" }: SymmetricKeySettings,
  problems: string[],
): KeyObject | undefined {
  const name = `${side}: symmetric key ${index + 1}`;
  const bytes = encoding === "base64" ? decodeBase64(text) : Buffer.from(text, "utf8");
  if (bytes === undefined) {
    problems.push(`${name} is not Base64 with padding`);
    return undefined;
  }
  if (!AES_KEY_BYTES.includes(bytes.length)) {
    const rule =
      encoding === "text" ? "the bytes of the text are the key, it is not decoded from hex" : "after Base64";
    problems.push(`${name} has ${bytes.length} bytes; AES needs 16, 24 or 32 (${rule})`);
    return undefined;
  }
  return createSecretKey(bytes);
}

/**
 * The key that the target writes with, which is the first of its kind; keys of the other kind are not opened, for the
 * server cannot use them. Undefined when nothing asks for encryption or the key failed to open (reported).
 */
function openTarget(settings: SideKeySettings, problems: string[]): TargetEncryption | undefined {
  const [keystore] = settings.keystores ?? [];
  const [symmetric] = settings.symmetricKeys ?? [];
  const kind = settings.encryption ?? (symmetric === undefined ? "asymmetric" : "symmetric");
  const isAsked = settings.encryption !== undefined || settings.processor === "encrypted";
  if (kind === "symmetric") {
    if (symmetric === undefined) {
      problems.push(
        "target: encryption is symmetric and no symmetric key is given; it is [encryption] key of its server",
      );
      return undefined;
    }
    const key = symmetricKey("target", 0, symmetric, problems);
    return key && { kind, key };
  }
  if (keystore === undefined) {
    if (isAsked)
      problems.push("target: encryption is asymmetric and no keystore is given; it is its internal keystore");
    return undefined;
  }
  const key = openOrReport("target", keystore, problems);
  return key && { kind, key };
}

function keysInvalid(problems: readonly string[]): SyncError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new SyncError("KEY_INVALID", {
    what: `${count} with keys:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    next: "Correct the settings named above; nothing has been connected to or written",
  });
}
