import type { Change, Position } from "../contract/change.ts";
import { isDigestOf } from "./digest.ts";
import { journalReplaced } from "./journal-replaced.ts";

/**
 * Where a read starts: the last position applied and the digest of the row there; at position 0 that of the journal's
 * anchor row, "" where a release made the journal that gave it none.
 */
export interface Anchor {
  readonly position: Position;
  readonly digest: string;
}

/**
 * The changes that follow the row of the checkpoint, which was read along as the first. Throws JOURNAL_REPLACED when it is
 * not the one that was applied: gone, another, or purged beyond it.
 */
export function afterAnchor(table: string, after: Anchor, rows: readonly Change[]): readonly Change[] {
  const [first, ...rest] = rows;
  if (first === undefined || first.position !== after.position) {
    if (first?.action === "PURGE") throw journalReplaced(table, after.position, { purgedTo: first.position });
    throw journalReplaced(table, after.position, { found: first?.position });
  }
  if (first.action !== "PURGE" && !isDigestOf(after.digest, first))
    throw journalReplaced(table, after.position, { otherRow: true });
  return rest;
}

/** Throws JOURNAL_REPLACED when changes that follow the checkpoint were purged: this target has never applied them. */
export function requireUnpurged(table: string, after: Anchor, changes: readonly Change[]): void {
  const marker = changes.find(({ action }) => action === "PURGE");
  if (marker !== undefined) throw journalReplaced(table, after.position, { purgedTo: marker.position });
}
