import type { HolderFacts, Hole } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";
import { type Anchor, createJournalReader } from "../journal/reader.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import { sleep } from "../util/sleep.ts";

/** How far ahead of the checkpoint holes are looked for. */
const LOOK_AHEAD = 200;

export interface OpenHole {
  readonly hole?: Hole;
  readonly holders: readonly HolderFacts[];
  /** Why the journal cannot be read on from there. */
  readonly problem?: string;
}

/** Judges the first hole after a position as a run would; this takes the database's minimum age when there is one. */
export async function findOpenHole(source: Side, table: TablePlan, after: Anchor): Promise<OpenHole> {
  const reader = createJournalReader(source, table);
  try {
    let { blocked } = await reader.read(after, LOOK_AHEAD);
    const { minHoleAgeMs } = source.dialect.capabilities;
    if (blocked !== undefined && minHoleAgeMs > 0) {
      await sleep(minHoleAgeMs + 50);
      ({ blocked } = await reader.read(after, LOOK_AHEAD));
    }
    return blocked === undefined ? { holders: [] } : { hole: blocked, holders: await reader.holders() };
  } catch (error) {
    if (error instanceof SyncError && error.code === "JOURNAL_REPLACED") {
      // Who shows a problem names the table before it.
      return { holders: [], problem: error.message.replace(`${table.name}: `, "") };
    }
    throw error;
  }
}
