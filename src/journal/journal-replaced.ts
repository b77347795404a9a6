import { ANCHOR_POSITION, type Position } from "../contract/change.ts";
import { SyncError } from "../errors.ts";

/** What a journal shows instead of the row that the checkpoint was left at. */
export interface Mismatch {
  /** Changes up to here were purged though this target has not applied them. */
  readonly purgedTo?: Position;
  /** First position found at or after the checkpoint; undefined when there is none. */
  readonly found?: Position | undefined;
  /** Another row stands at the checkpoint's position. */
  readonly otherRow?: boolean;
  /** The journal's identity is not the checkpoint's. */
  readonly otherJournal?: boolean;
}

/** The journal cannot be the one that the checkpoint came from: going on would skip changes. */
export function journalReplaced(table: string, checkpoint: Position, mismatch: Mismatch): SyncError {
  const at = { table, position: checkpoint };
  if (mismatch.purgedTo !== undefined) {
    return new SyncError("JOURNAL_REPLACED", {
      what: `${table}: the journal was purged up to position ${mismatch.purgedTo}, the target's checkpoint is ${checkpoint}: the target was restored from before the purge`,
      next: "Restore the target from a backup made after the purge, or start again from a new dump of the source",
      at,
    });
  }
  const isAtStart = checkpoint === ANCHOR_POSITION && mismatch.otherJournal !== true;
  const seen = isAtStart
    ? "the journal lacks the row that it began with: it was emptied by hand, or the source was restored from a backup"
    : mismatch.otherJournal
      ? "the journal was made anew: it has another identity than the checkpoint"
      : mismatch.otherRow
        ? "another change stands at the checkpoint's position: the source was restored from a backup"
        : mismatch.found === undefined
          ? "the journal ends before the checkpoint: it was emptied or made anew, or the source was restored from an older backup"
          : `the change at the checkpoint is gone, the next one is ${mismatch.found}: rows were deleted from the journal, or the source was restored`;
  return new SyncError("JOURNAL_REPLACED", {
    what: `${table}: ${seen} (checkpoint ${checkpoint})`,
    next: "Changes may be missing. Take a new dump of the source and restore it as the target, then run `sync-tool prepare --accept-new-journal`",
    at,
  });
}
