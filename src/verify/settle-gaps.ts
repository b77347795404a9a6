/** A verification that finds a table equal ends what was noted of changes that may be missing of it. */
import { noteCapture } from "../capture/capture-gap.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { readGaps, settleGap } from "../state/gap.ts";
import { stateTable } from "../state/state.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Database;
}

/** Ends the gaps of tables that were found equal; gives the tables whose gap ended. */
export type EndGaps = (equal: readonly string[]) => Promise<readonly string[]>;

/**
 * Looks at capture before the first row is read, so that what was touched until now is noted, and is what the comparison
 * answers. Broken capture, or a gap that comes meanwhile, stays noted.
 */
export async function openGaps(source: Side, target: Side, tables: readonly TablePlan[]): Promise<EndGaps> {
  const state = stateTable(target.dialect, tables);
  const before = await noteCapture(source, target, tables)
    .then(() => readGaps(target.db, state))
    .catch((error: unknown): Awaited<ReturnType<typeof readGaps>> => {
      // Who may only read can compare all the same.
      if (!["auth", "schema"].includes(target.dialect.classifyError(error).class)) throw error;
      return new Map();
    });
  return async (equal) => {
    const ended: string[] = [];
    for (const table of equal) {
      const gap = before.get(table);
      if (gap !== undefined && (await settleGap(target.db, state, table, gap))) ended.push(table);
    }
    return ended;
  };
}
