/** How both servers store tokens, for the way back: green is read with its own key, blue written as its release reads it. */
import { compareVersions, type IsVersion } from "../../config/versions.ts";
import type { KeyProfiles } from "./key-config.ts";
import type { RsaCertificate, RsaKey } from "./keystore.ts";
import { keysOf, type TargetEncryption, type TargetProfile } from "./profile.ts";
import { digestName } from "./token-hash.ts";

/** The profiles of the forward direction, turned round. */
export function backProfiles(
  { source: blue, target: green, certificate }: KeyProfiles,
  blueVersion: IsVersion,
): KeyProfiles {
  return {
    source: {
      processor: green.processor,
      hashAlgorithm: green.hashAlgorithm,
      keys: green.encryption === undefined ? { rsa: [], symmetric: [] } : keysOf(green.encryption),
      // Rows that the dump or the run brought may still be in the form of blue.
      mixedRows: blue.mixedRows,
    },
    target: {
      processor: blue.processor,
      hashAlgorithm: blue.hashAlgorithm,
      encryption: blueEncryption(blue.keys.rsa[0] ?? certificate, blueVersion),
      hashForm: hashFormOf(blueVersion),
    },
  };
}

/** 5.5.0 brought the envelope with OAEP (crypto.md of the servers: kernel 4.4.26); before, raw RSA by which rows are looked up. */
function blueEncryption(
  key: RsaKey | RsaCertificate | undefined,
  version: IsVersion,
): TargetEncryption | undefined {
  if (key === undefined) return undefined;
  return { kind: compareVersions(version, "5.5.0") >= 0 ? "asymmetric" : "raw-rsa", key };
}

function hashFormOf(version: IsVersion): NonNullable<TargetProfile["hashForm"]> {
  if (compareVersions(version, "5.7.0") >= 0) return "json";
  return compareVersions(version, "5.5.0") >= 0 ? "hex" : "none";
}

/** Why no token could go back from green to blue; empty when they can. `profiles` as the forward direction has them. */
export function impossibleWayBack(
  { source: blue, target: green, certificate }: KeyProfiles,
  blueVersion: IsVersion,
): readonly string[] {
  const reasons: string[] = [];
  if (green.processor === "hashed") {
    if (compareVersions(blueVersion, "5.5.0") < 0)
      reasons.push(
        `the target stores tokens hashed, and ${blueVersion} keeps no hashes: the plaintext of a hash cannot be known`,
      );
    else if (blue.processor !== "hashed")
      reasons.push(
        `the target stores tokens hashed and the source ${blue.processor}: the plaintext of a hash cannot be known`,
      );
    else if (digestName(green.hashAlgorithm) !== digestName(blue.hashAlgorithm))
      reasons.push(
        `the target hashes with ${green.hashAlgorithm} and the source with ${blue.hashAlgorithm}: a hash cannot be turned into another`,
      );
  }
  if (green.processor === "encrypted" && green.encryption === undefined)
    reasons.push("the target stores tokens encrypted and no key of it is configured");
  if (blue.processor === "encrypted" && blue.keys.rsa[0] === undefined && certificate === undefined) {
    reasons.push(
      blue.keys.symmetric.length > 0
        ? "the source encrypts with a symmetric key in the form of its release, which is not written"
        : "the source stores tokens encrypted, and neither its keystore nor its certificate is configured",
    );
  }
  return reasons;
}
