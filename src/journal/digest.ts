import { createHash } from "node:crypto";
import type { Change } from "./change.ts";

/**
 * Digest of a journal row, stored with the checkpoint: it proves that the row at the checkpoint is still the one that
 * was applied, and not another that a restored or re-made journal has put at the same position. Columns that are null
 * do not count, so that a column added later changes nothing.
 */
export function changeDigest(change: Change): string {
  const hash = createHash("sha256").update(change.action);
  for (const name of Object.keys(change.row).sort()) {
    const value = change.row[name];
    if (value === null || value === undefined) continue;
    hash.update(`\n${name}=${value.length}:`).update(value);
  }
  return hash.digest("hex");
}
