import type { Database } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { StateTable } from "../state/state.ts";
import type { RowSource } from "../transform/row-source.ts";
import type { KeyLabel } from "../verify/key-label.ts";

/** What the copy of one table works with. */
export interface CopyOptions {
  readonly source: { readonly dialect: Dialect; readonly db: Database };
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly table: TablePlan;
  readonly rows: RowSource;
  readonly state: StateTable;
  /** Rows of a page at most; fewer where they are long. */
  readonly pageSize: number;
  readonly signal: AbortSignal;
  readonly onRefused: (refused: RefusedRow) => void;
}

/** A row that the target lacks still. */
export interface RefusedRow {
  readonly table: string;
  readonly key: KeyLabel;
  /** In our words; never a value. */
  readonly reason: string;
}
