import { createHash } from "node:crypto";
import type { Change } from "../contract/change.ts";

/**
 * Digest of a journal row, stored with the checkpoint: it proves that the row at the checkpoint is still the one that
 * was applied, and not another that a restored or re-made journal has put at the same position. Columns that are null
 * do not count, so that a column added later changes nothing. The time of capture does: a source that lost its last
 * commits may write the same image at the same position again, but not at the same microsecond.
 */
export function changeDigest(change: Change): string {
  const hash = createHash("sha256").update(change.action);
  for (const name of Object.keys(change.row).sort()) {
    const value = change.row[name];
    if (value === null || value === undefined) continue;
    hash.update(`\n${name}=${value.length}:`).update(value);
  }
  if (change.capturedAt !== undefined) hash.update(`\nCAPTURED_AT=${change.capturedAt}`);
  return hash.digest("hex");
}

/**
 * Whether a digest is that of a journal row. Releases before there was a time of capture left checkpoints without it, on
 * rows that may have one; a digest made with it is never one made without.
 */
export function isDigestOf(digest: string, change: Change): boolean {
  const { capturedAt: _, ...timeless } = change;
  return digest === changeDigest(change) || digest === changeDigest(timeless);
}
