import type { JournalStart } from "../checkpoint/checkpoint.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import {
  type CaptureState,
  deviations,
  isComplete,
  readCaptureState,
  WIDEN_FIRST,
  widenJournals,
} from "./capture-state.ts";
import { readJournalStarts } from "./journal-starts.ts";

/**
 * The journals by table name, when capture on the source is complete and what the plan wants. Throws
 * NOT_PREPARED or CAPTURE_DRIFT: without capture a run would look healthy and miss every change.
 */
export async function requireCapture(
  db: Database,
  dialect: Dialect,
  tables: readonly TablePlan[],
): Promise<ReadonlyMap<string, JournalStart>> {
  const states = await readCaptureState(db, dialect, tables);
  const missing = states.filter((state) => state.missing.length > 0 || state.journalId === undefined);
  if (missing.length > 0) {
    throw new SyncError("NOT_PREPARED", {
      what: `Capture on the source is not complete:\n${missing.map((state) => `  - ${describeMissing(state)}`).join("\n")}`,
      next: "Run `sync-tool prepare`, or give your DBA the scripts of `sync-tool prepare --generate-ddl`; take the dump after that",
    });
  }
  const drifted = states.filter((state) => !isComplete(state));
  if (drifted.length > 0) {
    const reasons = drifted.flatMap((state) =>
      deviations(state).map((reason) => `  - ${state.table.name}: ${reason}`),
    );
    const widen = widenJournals(dialect, drifted);
    throw new SyncError("CAPTURE_DRIFT", {
      what: `Capture on the source is not what the tables need now:\n${reasons.join("\n")}`,
      next:
        widen.length === 0
          ? "Run `sync-tool prepare`; it keeps the journals"
          : [WIDEN_FIRST, ...widen.map((sql) => `${sql};`)].join("\n  "),
    });
  }
  return await readJournalStarts(db, dialect, states);
}

function describeMissing({ table, missing }: CaptureState): string {
  const objects = missing.map(({ kind, name }) => `${kind} ${name}`);
  return `${table.name}: no ${objects.length === 0 ? `identity on ${table.names.journal}` : objects.join(", ")}`;
}
