import { requireCapture } from "../../capture/require-capture.ts";
import { requireCheckpoints } from "../../checkpoint/require-checkpoints.ts";
import { planTables } from "../../contract/sync-plan.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { purgeJournal } from "../../journal/purge.ts";
import { KEY } from "../../log.ts";
import { findPurgeable } from "../../status/purgeable.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { requireServing } from "../way-back.ts";

export interface PurgeFlags extends CommonFlags {
  readonly yes?: true;
}

/** Deletes changes that are applied from the journals. A backup of the target from before then is of no use any more. */
export async function purge(flags: PurgeFlags, signal: AbortSignal): Promise<number> {
  if (!flags.yes) {
    throw new SyncError("USAGE_INVALID", {
      what: "purge deletes applied changes: a target restored from an older backup could not be synced any more",
      next: "Give --yes when a newer backup of the target is at hand",
    });
  }
  return await withContext(flags, signal, async (context) => {
    for (const schema of await context.openSchemas({ quiet: true })) {
      const why = "its journals tell late writes of the other side from those that its users have overtaken";
      await requireServing(context.config, schema, "source does not serve", why);
      await purgeSchema(context, schema);
    }
    return EXIT.ok;
  });
}

async function purgeSchema({ log, signal }: Context, { source, target, plan }: SchemaContext): Promise<void> {
  const tables = planTables(plan);
  const journals = await requireCapture(source.db, source.dialect, tables);
  await requireCheckpoints(target, tables, journals);
  for (const table of tables) {
    if (signal.aborted) return;
    const purgeable = await findPurgeable(target, tables, table);
    if (purgeable === undefined) continue;
    const { deleted, upTo } = await purgeJournal(source, table, purgeable.upTo, signal);
    log.info(
      { [KEY.table]: table.name, [KEY.changes]: deleted, [KEY.position]: upTo?.toString() ?? "0" },
      "applied changes are purged",
    );
  }
}
