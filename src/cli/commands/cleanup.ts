import { findRemovable, type Removable, uninstall } from "../../capture/uninstall.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { planTables } from "../../plan/sync-plan.ts";
import { readStatus } from "../../status/status.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { writeOut } from "../output.ts";
import { tellBusy } from "../tell-busy.ts";

export interface CleanupFlags extends CommonFlags {
  readonly yes?: true;
  readonly discardPending?: true;
}

/**
 * Removes every object of sync-tool from both sides. Without `--yes` it only lists them. Throws CHANGES_PENDING while
 * changes or dead letters are left that the target does not have.
 */
export async function cleanup(flags: CleanupFlags, signal: AbortSignal): Promise<number> {
  return await withContext(flags, signal, async (context) => {
    const schemas = await context.openSchemas({ beforeRestore: true, quiet: true, anyVersion: true });
    if (!flags.discardPending) await refusePending(schemas);
    const found = (await Promise.all(schemas.map(removables))).flat();
    for (const { side, object } of found) writeOut(`${side} ${object.kind} ${object.name}`);
    if (found.length === 0) {
      context.log.info("nothing of sync-tool was found");
      return EXIT.ok;
    }
    if (!flags.yes) {
      throw new SyncError("USAGE_INVALID", {
        what: `cleanup would remove the ${found.length} objects listed above`,
        next: "Stop every run, then give --yes to remove them",
      });
    }
    await remove(context, found);
    return EXIT.ok;
  });
}

async function removables({ source, target, plan }: SchemaContext): Promise<readonly Removable[]> {
  const tables = planTables(plan);
  // Names of a table that the target lacks are not known there on another type of database, nor can it have any.
  const there = tables.filter((table) => !table.awaitsRestore || source.dialect.ddl === target.dialect.ddl);
  return [
    ...(await findRemovable("source", source, tables)),
    ...(await findRemovable("target", target, there)),
  ];
}

async function remove(context: Context, found: readonly Removable[]): Promise<void> {
  await uninstall(found, {
    signal: context.signal,
    onBusy: tellBusy(context.log),
  });
  context.log.info({ removed: found.length }, "every object of sync-tool is removed");
}

async function refusePending(schemas: readonly SchemaContext[]): Promise<void> {
  const { tables } = await readStatus(schemas);
  const left = tables.filter((table) => (table.pending ?? 0) > 0 || table.deadLetters > 0);
  if (left.length === 0) return;
  const lines = left.map(
    ({ table, pending, deadLetters }) => `  - ${table}: ${pending ?? 0} changes, ${deadLetters} dead letters`,
  );
  const first = left.every(({ pending }) => (pending ?? 0) === 0)
    ? "See `sync-tool dead-letters list`, mend and retry them or discard them"
    : "Run `sync-tool run --until-drained` first";
  throw new SyncError("CHANGES_PENDING", {
    what: `The target does not have everything yet:\n${lines.join("\n")}`,
    next: `${first}; --discard-pending gives these changes up`,
  });
}
