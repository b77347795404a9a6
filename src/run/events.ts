import type { HolderFacts, Hole } from "../contract/dialect.ts";
import type { ClassifiedError } from "../db/classified-error.ts";
import type { SyncError } from "../errors.ts";
import type { BatchReport } from "./table-sync.ts";

/** What a run tells those who watch it; the loop itself writes no log. */
export interface RunEvents {
  batch(report: BatchReport): void;
  /** A poll found nothing. */
  idle(table: string): void;
  /** A hole in the journal may still be filled and is waited for. */
  blocked(table: string, hole: Hole, seconds: number, holders: readonly HolderFacts[]): void;
  /** What was told by `blocked` is over. */
  unblocked(table: string, seconds: number): void;
  /** Tables of the group come first, since rows of this one refer to theirs; told when it lasts. */
  parentsFirst(table: string, parent: string): void;
  /** A change was set aside, and its row is not on the target. */
  deadLetter(table: string, position: bigint, error: ClassifiedError): void;
  /** Rows were written with a TOKEN_SCOPE_HASH of their own: CON_APP_KEY of the target refused the one that they have. */
  madeUpHashes(table: string, rows: number): void;
  /** A change appeared at a position that had been passed as rolled back; it is applied. */
  lateChange(table: string, position: bigint): void;
  /** conflictPolicy=keep-target gave changes up: so many now, the first at this position, so many since prepare. */
  dropped(table: string, changes: number, position: bigint, total: number): void;
  /** Changes may be missing that no journal holds: what was found, as a sentence. */
  gap(table: string, text: string): void;
  /** Another runner has the group. */
  standby(group: string): void;
  takenOver(group: string): void;
  /** A failure that is tried again; told when it begins and when its reason changes. */
  retrying(group: string, reason: string, code: string): void;
  recovered(group: string, attempts: number, seconds: number): void;
  /** The group stopped for good, or (DEAD_LETTERS_LEFT) has come to the end that was asked for. */
  stopped(group: string, error: SyncError): void;
}
