/** From the settings of both servers to opened keys: everything that can be wrong with them is said at once. */
import { createSecretKey, type KeyObject } from "node:crypto";
import { SyncError } from "../../errors.ts";
import { decodeBase64 } from "./base64.ts";
import { type KeystoreSettings, openKeystore, type RsaKey } from "./keystore.ts";
import type { Processor, SourceProfile, TargetEncryption, TargetProfile } from "./profile.ts";
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
  /** On the target the first one is written with; on the source all are tried. Default none. */
  readonly keystores?: readonly KeystoreSettings[];
  /** On the target the first one is written with; on the source all are tried. Default none. */
  readonly symmetricKeys?: readonly SymmetricKeySettings[];
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
}

/**
 * Opens all keys.
 * @throws SyncError KEY_INVALID that lists every problem; no key or password is in it.
 */
export function openKeys(settings: KeySettings): KeyProfiles {
  const problems: string[] = [];
  const source = openSide("source", settings.source, problems);
  const target = openSide("target", settings.target, problems);
  const encryption = targetEncryption(settings.target, target, problems);
  if (problems.length > 0) throw keysInvalid(problems);
  return {
    source: {
      processor: settings.source.processor ?? "plain",
      hashAlgorithm: source.hashAlgorithm,
      keys: { rsa: source.rsa, symmetric: source.symmetric },
      mixedRows: settings.source.mixedRows ?? false,
    },
    target: {
      processor: settings.target.processor ?? "plain",
      hashAlgorithm: target.hashAlgorithm,
      encryption,
    },
  };
}

interface OpenedSide {
  readonly hashAlgorithm: string;
  readonly rsa: readonly RsaKey[];
  readonly symmetric: readonly KeyObject[];
}

function openSide(side: "source" | "target", settings: SideKeySettings, problems: string[]): OpenedSide {
  const { hashAlgorithm = DEFAULT_HASH_ALGORITHM, keystores = [], symmetricKeys = [] } = settings;
  if (digestName(hashAlgorithm) === undefined) {
    problems.push(
      `${side}: the hash algorithm ${hashAlgorithm} is not known; it can be one of ${HASH_ALGORITHMS.join(", ")}`,
    );
  }
  const keep = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);
  return {
    hashAlgorithm,
    rsa: keystores.flatMap((keystore) => keep(openOrReport(side, keystore, problems))),
    symmetric: symmetricKeys.flatMap((key, index) => keep(symmetricKey(side, index, key, problems))),
  };
}

function openOrReport(side: string, keystore: KeystoreSettings, problems: string[]): RsaKey | undefined {
  try {
    return openKeystore(keystore);
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

/** The key that the target writes with. A key that failed to open is reported already and only once. */
function targetEncryption(
  settings: SideKeySettings,
  { rsa, symmetric }: OpenedSide,
  problems: string[],
): TargetEncryption | undefined {
  const { keystores = [], symmetricKeys = [] } = settings;
  const kind = settings.encryption ?? (symmetricKeys.length > 0 ? "symmetric" : "asymmetric");
  if (kind === "symmetric") {
    const [key] = symmetric;
    if (key !== undefined) return { kind, key };
    if (symmetricKeys.length === 0) {
      problems.push(
        "target: encryption is symmetric and no symmetric key is given; it is the target's [encryption] key",
      );
    }
    return undefined;
  }
  const [key] = rsa;
  if (key !== undefined) return { kind, key };
  if (keystores.length === 0 && (settings.encryption !== undefined || settings.processor === "encrypted")) {
    problems.push(
      "target: encryption is asymmetric and no keystore is given; it is the target's internal keystore",
    );
  }
  return undefined;
}

function keysInvalid(problems: readonly string[]): SyncError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new SyncError("KEY_INVALID", {
    what: `${count} with keys:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    next: "Correct the settings named above; nothing has been connected to or written",
  });
}
