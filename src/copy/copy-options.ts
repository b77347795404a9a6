import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import type { StateTable } from "../state/state.ts";
import type { RowSource } from "../transform/row-source.ts";
import type { KeyLabel } from "../verify/key-label.ts";
import type { Expected } from "../verify/row-comparison.ts";
import type { CopyLetters } from "./copy-letters.ts";

/** What the copy of one table works with. */
export interface CopyOptions {
  readonly source: { readonly dialect: Dialect; readonly db: Database };
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly table: TablePlan;
  readonly rows: RowSource;
  readonly state: StateTable;
  readonly letters: CopyLetters;
  /** Rows of a page at most; fewer where they are long. */
  readonly pageSize: number;
  /** Pages that are written at a time. */
  readonly parallelism: number;
  readonly signal: AbortSignal;
  /** What the last page says of the next one. */
  readonly guess: LackGuess;
  /** Called when rows are on their way to the target: for so long there is time for other work. */
  readonly onWriting?: (() => void) | undefined;
  /** Told of a transaction: its rows, the milliseconds that it kept a run from its checkpoint, whether one moved it since the page was read. */
  readonly onHeld?: ((rows: number, ms: number, hasMoved: boolean) => void) | undefined;
  readonly onRefused: (refused: RefusedRow) => void;
  /** Told instead of a row whose parent the target lacks: in a table that refers to itself it may come with a later page. */
  readonly onOrphan?: ((row: Expected) => void) | undefined;
  /** The rows refer to each other, see circles.ts. Default: each after its parent. */
  readonly inCircles?: boolean;
}

/** Whether the target is likely to lack every row of the next page: such a page is inserted, and nothing is looked for before. */
export interface LackGuess {
  /** Changed by each page that is written. */
  lacksAll: boolean;
}

/** A row that the target lacks still. */
export interface RefusedRow {
  readonly table: string;
  readonly key: KeyLabel;
  /** In our words; never a value. */
  readonly reason: string;
}
