import type { Row, Value } from "../row.ts";

/** Place in a journal (SYNC_ID): 64 bits, ever rising, with holes. */
export type Position = bigint;

/** Values of a table's key columns, in the order of the plan. */
export type Key = readonly Value[];

/**
 * What a journal row says was done. "RESPELLED" comes after a row whose key the source takes for equal to this one,
 * 'ann' after 'Ann': a row with exactly this key, and only that, is no more. "PURGE" is no change: it marks, in the highest
 * purged row, that everything up to its position was removed by `purge`. Nor is "ANCHOR", the row at position 0 that
 * `prepare` puts into a new journal.
 */
export type Action = "INSERT" | "UPDATE" | "DELETE" | "RESPELLED" | "PURGE" | "ANCHOR";

/**
 * Where checkpoints of a journal begin: on its anchor row, so that a journal that was emptied is known before anything of it
 * was applied. Changes have higher positions.
 */
export const ANCHOR_POSITION: Position = 0n;

/** One journal row: the image after an INSERT or UPDATE, before a DELETE or RESPELLED. */
export interface Change {
  readonly position: Position;
  readonly action: Action;
  readonly row: Row;
  /** When it was captured, UTC by the source's clock, as the database prints it; absent in rows from before such times. */
  readonly capturedAt?: string;
  /** In a rekeyed table the target's key of the row, found before the change is applied. */
  readonly key?: Row;
  /** In a rekeyed table why the key could not be found: then a DELETE cannot be applied. Never a value. */
  readonly keyFailure?: string;
  /** The target is not to have the row though the source does: see transform/left-out.ts. */
  readonly leftOut?: true;
}

/** Whether a row with the change's key is to be on the target after it, to be written. */
export const leavesRow = ({ action, leftOut }: Change): boolean =>
  (action === "INSERT" || action === "UPDATE") && leftOut === undefined;
