import type { JournalStart } from "../checkpoint/checkpoint.ts";
import { ANCHOR_POSITION } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { Database } from "../db/database.ts";
import { changeDigest } from "../journal/digest.ts";
import { createJournalReader } from "../journal/reader.ts";
import type { CaptureState } from "./capture-state.ts";

/** Reads what checkpoints of these journals begin on, by table name; tables without a journal's identity are left out. */
export async function readJournalStarts(
  db: Database,
  dialect: Dialect,
  states: readonly CaptureState[],
): Promise<ReadonlyMap<string, JournalStart>> {
  const starts = new Map<string, JournalStart>();
  for (const { table, journalId: id } of states) {
    if (id === undefined) continue;
    const [anchor] = await createJournalReader({ dialect, db }, table).at([ANCHOR_POSITION]);
    starts.set(table.name, { id, digest: anchor === undefined ? "" : changeDigest(anchor) });
  }
  return starts;
}
