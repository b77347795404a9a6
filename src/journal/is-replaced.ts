import type { TablePlan } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import type { Anchor } from "./at-anchor.ts";
import { createJournalReader, type JournalSource } from "./reader.ts";

/** Whether a journal, though of the right identity, no longer holds what a checkpoint was left at. */
export async function isJournalReplaced(
  source: JournalSource,
  table: TablePlan,
  checkpoint: Anchor,
): Promise<boolean> {
  try {
    await createJournalReader(source, table).read(checkpoint, 1);
    return false;
  } catch (error) {
    if (error instanceof SyncError && error.code === "JOURNAL_REPLACED") return true;
    throw error;
  }
}
