/** Pairs of source and target for which no row, or no encrypted row, could be carried over: known before the start. */
import type { SourceProfile, TargetProfile } from "./profile.ts";
import { digestName } from "./token-hash.ts";

/** Why tokens and codes cannot be carried over; empty when they can. */
export function impossibleCells(source: SourceProfile, target: TargetProfile): readonly string[] {
  const reasons: string[] = [];
  if (source.processor === "hashed" && target.processor !== "hashed") {
    reasons.push(
      `the source stores tokens hashed and the target ${target.processor}: the plaintext of a hash cannot be known, so the target must hash too`,
    );
  }
  if (source.processor === "hashed" && target.processor === "hashed" && !isSameDigest(source, target)) {
    reasons.push(
      `the source hashes with ${source.hashAlgorithm} and the target with ${target.hashAlgorithm}: a hash cannot be turned into another, so both must be the same`,
    );
  }
  if (source.processor === "encrypted") reasons.push(...missingSourceKeys(source));
  if (target.processor === "encrypted") reasons.push(...missingTargetKey(target));
  return reasons;
}

/** Why TOTP secrets cannot be carried over: both servers always encrypt them, so both keys are needed. */
export function impossibleTotpCells(source: SourceProfile, target: TargetProfile): readonly string[] {
  return [...missingSourceKeys(source), ...missingTargetKey(target)];
}

function isSameDigest(source: SourceProfile, target: TargetProfile): boolean {
  const digest = digestName(source.hashAlgorithm);
  return digest !== undefined && digest === digestName(target.hashAlgorithm);
}

function missingSourceKeys({ keys }: SourceProfile): readonly string[] {
  return keys.rsa.length + keys.symmetric.length > 0
    ? []
    : ["the source stores encrypted values and no keystore or symmetric key of it is configured"];
}

function missingTargetKey({ encryption }: TargetProfile): readonly string[] {
  return encryption === undefined
    ? ["the target stores encrypted values and no key of it is configured"]
    : [];
}
