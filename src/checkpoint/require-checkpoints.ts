import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { journalReplaced } from "../journal/journal-replaced.ts";
import { type Checkpoint, type JournalStart, readCheckpoint } from "./checkpoint.ts";

/**
 * The tables' checkpoints by table name; those whose table is there and that nothing was written to yet are not in it.
 * Throws NOT_PREPARED when a table of them is missing, JOURNAL_REPLACED when one belongs to another journal than the
 * source's.
 */
export async function requireCheckpoints(
  { db, dialect }: { readonly db: Queryable; readonly dialect: Dialect },
  tables: readonly TablePlan[],
  journals: ReadonlyMap<string, JournalStart>,
): Promise<ReadonlyMap<string, Checkpoint>> {
  const names = tables.map(({ targetNames }) => targetNames.checkpoint);
  const there = await dialect.introspector.objects(db, names);
  const missing = names.filter((name) => !there.some((one) => one.name.toUpperCase() === name.toUpperCase()));
  if (missing.length > 0) {
    throw new SyncError("NOT_PREPARED", {
      what: `Checkpoints on the target are missing: ${missing.join(", ")}`,
      next: "Run `sync-tool prepare`, or give your DBA the target script of `sync-tool prepare --generate-ddl`",
    });
  }
  const found = new Map<string, Checkpoint>();
  for (const table of tables) {
    const checkpoint = await readCheckpoint(db, dialect, table.targetNames.checkpoint);
    if (checkpoint === undefined) continue;
    if (checkpoint.journalId !== journals.get(table.name)?.id)
      throw journalReplaced(table.name, checkpoint.position, { otherJournal: true });
    found.set(table.name, checkpoint);
  }
  return found;
}
