import type { Param } from "../db/param.ts";
import type { Key, Position } from "./change.ts";
import type { TablePlan } from "./sync-plan.ts";
import type { Column } from "./table-schema.ts";

/** A statement ready to run: `?` placeholders and their values, in order. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly Param[];
}

export interface CheckpointRow {
  /** From 0; one row for each lane of a table that is applied in parallel. */
  readonly lane: number;
  readonly position: Position;
  readonly journalId: string;
  /** Digest of the journal row at `position`; at 0 that of its anchor, "" where it has none. */
  readonly digest: string;
}

/**
 * Of the rows that `readKeyRange` would give for the key columns: one row with their number as "_ROWS", a digest of the
 * values of `columns` as "_DIGEST" and, when they are as many as `limit`, the key of the last. Equal digests of two
 * databases of one dialect, over columns of the same types and with the key among them, mean equal rows.
 */
export type DigestRange = (
  table: string,
  columns: readonly Column[],
  keyColumns: readonly Column[],
  after: Key | undefined,
  limit: number,
) => Statement;

/** The statements that one database understands; nothing is sent by making them. */
export interface Statements {
  quote(identifier: string): string;
  /**
   * Journal rows with position >= from, in order: columns SYNC_ID, ACTION, CAPTURED_AT (UTC by the source's clock, every
   * digit that it kept, as text) and the plan's, in this order, by upper-case name.
   */
  readChanges(table: TablePlan, from: Position, limit: number): Statement;
  /** SYNC_ID of the rows that readChanges would give, in order, and "BYTES": how long the values of these columns are together. */
  changeSizes(table: TablePlan, columns: readonly Column[], from: Position, limit: number): Statement;
  /** Journal rows at these positions, columns as in readChanges, in order. At most 500 positions. */
  readChangesAt(table: TablePlan, positions: readonly Position[]): Statement;
  /**
   * One row when the journal holds a change of this key (columns of the plan's key) after the position. The end of an old
   * spelling is none: the row that it belongs to came before it.
   */
  laterChange(table: TablePlan, after: Position, key: Key): Statement;
  /**
   * Those of these keys, by any columns of the journaled table, of which the journal holds a change after the position; result
   * columns by upper-case name. At most 500 keys; one scan of what lies behind the position.
   */
  changedAfter(
    journal: string,
    keyColumns: readonly Column[],
    keys: readonly Key[],
    after: Position,
  ): Statement;
  /** Number of changes after a position, counted no further than `atMost`: one row, column "n". */
  countChanges(journal: string, after: Position, atMost: number): Statement;
  /**
   * The first change after a position: one row, columns "position" and "age" (seconds since it was captured, by the
   * source's own clock; null without a time of capture); none without a change. Reads one row of the primary key's index.
   */
  oldestChange(journal: string, after: Position): Statement;
  /** Turns the row at `position` into the purge marker and deletes up to `limit` rows before it. */
  markPurged(table: TablePlan, position: Position): Statement;
  purgeBefore(journal: string, position: Position, limit: number): Statement;
  /** The highest position that holds a row, at or below `position`: one row, column "position". */
  highestAtOrBelow(journal: string, position: Position): Statement;
  /** The positions within these ranges that hold a row, in order: column "position". At most 200 ranges. */
  presentIn(
    journal: string,
    ranges: readonly { readonly first: Position; readonly last: Position }[],
  ): Statement;
  /** Rows of a table by key columns; result columns in their order, by upper-case name. */
  readRows(
    table: string,
    columns: readonly Column[],
    keyColumns: readonly Column[],
    keys: readonly Key[],
  ): Statement;
  /**
   * The first rows of a table, in the database's own order of its key, that come after a key; from the start when it
   * is undefined. Result columns by upper-case name.
   */
  readKeyRange(
    table: string,
    columns: readonly Column[],
    keyColumns: readonly Column[],
    after: Key | undefined,
    limit: number,
  ): Statement;
  /** Number of a table's rows, or of those with this key: one row, column "n". */
  countRows(table: string, keyColumns?: readonly Column[], key?: Key): Statement;
  /**
   * About how many rows a table has, by the server's own statistics: nothing of the table is read. One row, column "n", null
   * where they do not know; no row without them.
   */
  estimateRows(table: string): Statement;
  /** Absent where equal digests are not certain to mean equal rows. */
  readonly digestRange?: DigestRange | undefined;
  /** Every row of a table, or `limit` of them, whichever come first; result columns by upper-case name. */
  readTable(table: string, columns: readonly string[], limit?: number): Statement;
  /** Every lane: columns LANE, SYNC_ID, JOURNAL_ID, DIGEST, AGE (seconds since it moved, by the server's clock). */
  readCheckpoint(name: string): Statement;
  /**
   * Keeps every lane where it is until the end of the transaction, which it is the first statement of: whoever moves one
   * waits, others that share it do not. Who waits for it to be free goes before those that ask to share it later.
   */
  shareCheckpoint(name: string): Statement;
  insertCheckpoint(name: string, row: CheckpointRow): Statement;
  /** Compare-and-swap: changes one row when `from` is still the position, none otherwise. */
  moveCheckpoint(name: string, from: CheckpointRow, to: CheckpointRow): Statement;
  /** Every entry of the state table, columns NAME, VALUE, UPDATED_AT (UTC by the server's clock, as text). */
  readState(name: string): Statement;
  /** Puts an entry in the place of one of the same key, or adds it. */
  writeState(name: string, key: string, value: string): Statement;
  /** Removes the entries of these keys. */
  deleteState(name: string, keys: readonly string[]): Statement;
}
