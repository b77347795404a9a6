import type { ChildTable } from "../apply/children-along.ts";
import type { ConflictPolicy } from "../apply/conflict.ts";
import type { DeadLetterStore } from "../apply/dead-letter.ts";
import type { ReplayContext } from "../apply/refused-change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { ClassifiedError } from "../db/classified-error.ts";
import type { Database } from "../db/database.ts";
import type { JournalReader, JournalSource } from "../journal/reader.ts";
import type { RowSource } from "../transform/row-source.ts";
import type { DropCount } from "./drop-count.ts";
import type { LateGuard } from "./late-guard.ts";

/** What the writing of one table's batches works with: its two sides, its rows and what becomes of those that are refused. */
export interface BatchWriterOptions {
  readonly source: JournalSource;
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly table: TablePlan;
  readonly rows: RowSource;
  readonly reader: JournalReader;
  readonly deadLetters: DeadLetterStore;
  readonly deadLetterLimit: number;
  readonly conflictPolicy: ConflictPolicy;
  readonly mayStillCome: ReplayContext["mayStillCome"];
  /** Target connections that write at a time, each a lane of keys with a checkpoint of its own. */
  readonly parallelism: number;
  /** Tables whose rows refer to this one's. */
  readonly children: readonly ChildTable[];
  readonly drops: DropCount;
  /** Where users may be served on the target: keeps late writes from taking the place of theirs. */
  readonly late?: LateGuard | undefined;
  readonly onDeadLetter: (table: string, position: bigint, error: ClassifiedError) => void;
  readonly onMadeUpHashes: (table: string, rows: number) => void;
}
