import { prepareTarget, type TargetPrepared } from "../../capture/prepare-target.ts";
import { requireCapture } from "../../capture/require-capture.ts";
import { readCheckpoint } from "../../checkpoint/checkpoint.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { KEY, type Log } from "../../log.ts";
import { planTables } from "../../plan/sync-plan.ts";
import type { Until } from "../../run/group-loop.ts";
import { runSync } from "../../run/run-sync.ts";
import { targetLookups } from "../../run/target-lookups.ts";
import { createRowSource } from "../../transform/row-source.ts";
import { transformerFor } from "../../transform/transformer-for.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { writeOut } from "../output.ts";
import { printPlan } from "../print-plan.ts";
import { openProgress, type TableProgress } from "../progress.ts";
import { refuseStoredValues } from "../refuse-stored-values.ts";
import { logEvents } from "../run-events.ts";

export interface RunFlags extends CommonFlags {
  readonly once?: true;
  readonly untilDrained?: true;
  readonly dryRun?: true;
}

/** Syncs every schema until stopped, after one pass, or until drained. */
export async function run(flags: RunFlags, signal: AbortSignal): Promise<number> {
  if (flags.once && flags.untilDrained) {
    throw new SyncError("USAGE_INVALID", {
      what: "--once and --until-drained exclude each other",
      next: "Give one of them",
    });
  }
  return await withContext(flags, signal, async (context) => {
    const schemas = await context.openSchemas();
    if (flags.dryRun) {
      for (const schema of schemas) writeOut(printPlan(schema));
      return EXIT.ok;
    }
    for (const schema of schemas) {
      const journals = await requireCapture(schema.source.db, schema.source.dialect, planTables(schema.plan));
      await refuseStoredValues(schema);
      logMended(context.log, await mendTarget(schema, journals));
    }
    const until: Until = flags.once ? "one pass" : flags.untilDrained ? "drained" : "stopped";
    await runSchemas(context, schemas, until);
    return EXIT.ok;
  });
}

/** A schema that cannot go on stops alone; the first failure is thrown when the others have ended. */
async function runSchemas(context: Context, schemas: readonly SchemaContext[], until: Until): Promise<void> {
  const { config, log, signal, terminal } = context;
  const progress = openProgress(terminal, (await Promise.all(schemas.map(tableProgress))).flat());
  const events = logEvents(log, progress);
  log.info({ batchSize: config.batchSize, syncIntervalMs: config.syncIntervalMs }, "run begins");
  try {
    const results = await Promise.allSettled(
      schemas.map(async ({ source, target, plan }) => {
        const lookups = targetLookups(target);
        await runSync({
          plan,
          source,
          target,
          batchSize: config.batchSize,
          syncIntervalMs: config.syncIntervalMs,
          until,
          signal,
          events,
          rowsFor: (table) => createRowSource(table.name, transformerFor(plan, table), lookups),
        });
      }),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
    log.info("run ends");
  } finally {
    progress.close();
  }
}

async function tableProgress({ source, target, plan }: SchemaContext): Promise<readonly TableProgress[]> {
  return await Promise.all(
    planTables(plan).map(async (table) => {
      const checkpoint = await readCheckpoint(target.db, target.dialect, table.targetNames.checkpoint);
      return {
        name: table.name,
        position: checkpoint?.position ?? 0n,
        highest: async () => (await source.dialect.horizon.observe(source.db, table.names.journal)).highest,
      };
    }),
  );
}

/** Puts right what a restore left behind or dropped; without the rights for it, says which command does. */
async function mendTarget(
  { target, plan }: SchemaContext,
  journals: ReadonlyMap<string, string>,
): Promise<TargetPrepared> {
  try {
    return await prepareTarget(target.db, target.dialect, planTables(plan), journals);
  } catch (error) {
    if (error instanceof SyncError || target.dialect.classifyError(error).class !== "auth") throw error;
    const { reason, code } = target.dialect.classifyError(error);
    throw new SyncError("GRANT_MISSING", {
      what: `The target is not prepared, and its user may not do it: ${reason} (${target.dialect.title} ${code})`,
      next: "Run `sync-tool prepare` with a user that owns the target's tables, or give your DBA the target script of `sync-tool prepare --generate-ddl`",
      cause: error,
    });
  }
}

function logMended(log: Log, { created, removed, started }: TargetPrepared): void {
  for (const { kind, name } of removed)
    log.warn({ [KEY.object]: name, kind }, "removed from the target: a dump's copy");
  for (const { kind, name } of created)
    log.warn({ [KEY.object]: name, kind }, "made on the target: it was missing");
  for (const table of started) log.info({ [KEY.table]: table }, "checkpoint begins at position 0");
}
