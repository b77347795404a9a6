import type { Dialect } from "../contract/dialect.ts";
import { planTables, type SyncPlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import type { Log } from "../log.ts";
import { stateTable, writeState } from "../state/state.ts";
import { findVerdict, type VerdictResult } from "./verdict.ts";
import type { VerifyReport } from "./verify.ts";

/** What is remembered of a comparison under `verify/<schema>`; when it was written the target's clock says. */
export interface RecordedVerdict {
  readonly result: VerdictResult;
  /** When the first and the last row was read: ISO 8601, by the clock of the machine that compared; null for no row. */
  readonly readFrom: string | null;
  readonly readTo: string | null;
  readonly sourceVersion: string;
  readonly targetVersion: string;
  /** How many tables it was of: all of the schema's. */
  readonly tables: number;
  readonly rows: number;
  readonly onTheirWay: number;
  readonly found: number;
  readonly repaired: number;
  readonly pending: number;
  readonly leftOut: number;
  readonly ownClaims: number;
}

export interface RecordOptions {
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly plan: SyncPlan;
  readonly report: VerifyReport;
  readonly log: Log;
}

/**
 * Remembers on the target what a comparison has come to. One that was stopped says less than the one before it, so it
 * takes its place only with rows that differ. Who may only read compares all the same: then it is logged.
 */
export async function recordVerdict({ target, plan, report, log }: RecordOptions): Promise<void> {
  const { tables, complete } = report;
  const { sentence: _, ...verdict } = findVerdict(tables, complete);
  if (!complete && verdict.result !== "different") return;
  const value: RecordedVerdict = {
    ...verdict,
    readFrom: tables.flatMap(({ readFrom }) => readFrom ?? []).sort()[0] ?? null,
    readTo:
      tables
        .flatMap(({ readTo }) => readTo ?? [])
        .sort()
        .at(-1) ?? null,
    sourceVersion: plan.sourceVersion,
    targetVersion: plan.targetVersion,
    tables: tables.length,
  };
  try {
    await writeState(target.db, stateTable(target.dialect, planTables(plan)), `verify/${plan.schema}`, value);
  } catch (error) {
    const { class: found, reason } = target.dialect.classifyError(error);
    if (found !== "auth" && found !== "schema") throw error;
    log.warn(
      { reason },
      "the result of verify is not recorded on the target: `sync-tool prepare` makes the table for it",
    );
  }
}
