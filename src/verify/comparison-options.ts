import type { Dialect } from "../contract/dialect.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import type { RowSource } from "../transform/row-source.ts";
import type { ComparisonRules } from "./compare-values.ts";

/** Both sides of one table that is compared. */
export interface ComparisonOptions {
  readonly table: TablePlan;
  readonly source: Side;
  readonly target: { readonly dialect: Dialect; readonly db: Queryable };
  readonly rows: RowSource;
  readonly isSameSecret?: ComparisonRules["isSameSecret"];
  /** Changes of the table are captured: a journal and a checkpoint are there. */
  readonly isCaptured: boolean;
}
