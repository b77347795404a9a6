import type { Dialect } from "../contract/dialect.ts";
import type { SyncPlan, TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import type { Pace } from "../throttle/pace.ts";
import type { RowSource } from "../transform/row-source.ts";
import type { ComparisonRules } from "./compare-values.ts";
import type { DifferenceKind } from "./difference.ts";
import type { KeyLabel } from "./key-label.ts";
import type { PassCounts, StateStore } from "./progress-state.ts";
import type { TableCounts } from "./table-counts.ts";

/** A difference as it may be shown. */
export interface ReportedDifference {
  readonly table: string;
  readonly kind: DifferenceKind | "pending";
  readonly key: KeyLabel;
  readonly columns: readonly string[];
  readonly reason?: string;
  readonly repaired?: boolean;
}

/** What is compared, how, and who is told. */
export interface VerifyOptions {
  readonly plan: SyncPlan;
  readonly source: { readonly dialect: Dialect; readonly db: Database };
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly rowsFor: (table: TablePlan) => RowSource;
  /** Upper case; default: every table of the plan. */
  readonly tables?: readonly string[];
  /** Rows of a page, the most that is read at once; default 1000. */
  readonly pageSize?: number;
  /** Holds the reading back, rows of both sides together; default: as fast as it goes. */
  readonly pace?: Pace;
  /** How long a checkpoint that does not move is waited for, at the end; default 15 s. */
  readonly patienceMs?: number;
  readonly repair?: { readonly deleteExtra: boolean };
  readonly state?: StateStore;
  /** What else decides how rows are transformed, in words: a state of other settings is not gone on from. */
  readonly settings?: string;
  readonly isSameSecret?: ComparisonRules["isSameSecret"];
  readonly signal: AbortSignal;
  readonly onDifference: (difference: ReportedDifference) => void;
  /** Told after each page. */
  readonly onProgress?: (table: string, counts: PassCounts) => void;
  /** All is read: so many rows of a table wait for changes that are on their way to them. */
  readonly onWait?: (table: string, rows: number) => void;
  /** All is compared: the servers count the rows of a table. */
  readonly onCount?: (table: string) => void;
  /** Told what every table had come to when an error ends it. */
  readonly onFailed?: (tables: readonly TableCounts[]) => void;
  /** The state is of a comparison that came to its end then: this one begins anew. */
  readonly onFinishedState?: (finished: string) => void;
}
