import { noteCapture } from "../../capture/capture-gap.ts";
import { prepareTarget, type TargetPrepared } from "../../capture/prepare-target.ts";
import { requireCapture } from "../../capture/require-capture.ts";
import { type JournalStart, readCheckpoint } from "../../checkpoint/checkpoint.ts";
import { planTables } from "../../contract/sync-plan.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { highestPosition } from "../../journal/highest.ts";
import { KEY, type Log } from "../../log.ts";
import type { Until } from "../../run/after-pass.ts";
import { Interrupted, persistently } from "../../run/persistently.ts";
import { rowSources } from "../../run/row-sources.ts";
import { runSync } from "../../run/run-sync.ts";
import { AFTER_GAP, describeGap } from "../../state/gap.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { homeDefines, type KeyFlags } from "../key-flags.ts";
import { writeOut } from "../output.ts";
import { printPlan } from "../print-plan.ts";
import { openProgress, type TableProgress } from "../progress.ts";
import { refuseStoredValues } from "../refuse-stored-values.ts";
import { logEvents } from "../run-events.ts";
import { logCheapChecks } from "../start-checks.ts";
import { openValueKeys, type ValueKeys } from "../value-keys.ts";

export interface RunFlags extends CommonFlags, KeyFlags {
  readonly once?: true;
  readonly untilDrained?: true;
  readonly dryRun?: true;
  readonly wait?: true;
}

/** For the batch under way when a stop is asked for; what is not through by then is rolled back, and nothing of it is lost. */
const GRACE_MS = 10_000;

/** Syncs every schema until stopped, after one pass, or until drained. */
export async function run(flags: RunFlags, signal: AbortSignal): Promise<number> {
  if (flags.once && flags.untilDrained) {
    throw new SyncError("USAGE_INVALID", {
      what: "--once and --until-drained exclude each other",
      next: "Give one of them",
    });
  }
  if (flags.wait && !flags.once && !flags.untilDrained) {
    throw new SyncError("USAGE_INVALID", {
      what: "--wait is given without --once or --until-drained",
      next: "A run that goes on until it is stopped waits for another runner's place anyway",
    });
  }
  const define = [...flags.define, ...homeDefines(flags)];
  return await withContext(
    { ...flags, define },
    signal,
    async (context) => {
      const keys = openValueKeys(context.config, define);
      try {
        if (flags.dryRun) {
          for (const schema of await context.openSchemas())
            writeOut(printPlan(schema, context.config.parallelism));
          return EXIT.ok;
        }
        // Once both sides were reached, nothing that passes ends a run, not even in its first second.
        const persist = <T>(work: () => Promise<T>): Promise<T> =>
          persistently(work, { signal, onRetry: (reason, code) => logRetry(context.log, reason, code) });
        const schemas = await context.openSchemas({ persist });
        for (const schema of schemas) await persist(() => putInOrder(context, schema, keys));
        const until: Until = flags.once ? "one pass" : flags.untilDrained ? "drained" : "stopped";
        await runSchemas(context, schemas, { until, wait: flags.wait === true }, keys);
        return EXIT.ok;
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        context.log.info("stopped before the run began");
        return EXIT.ok;
      } finally {
        await keys.close();
      }
    },
    { graceMs: GRACE_MS },
  );
}

/** What has to be right before the first change is applied; may be done again. */
async function putInOrder(
  { config, log }: Context,
  schema: SchemaContext,
  { readValues }: ValueKeys,
): Promise<void> {
  const { source, plan } = schema;
  const journals = await requireCapture(source.db, source.dialect, planTables(plan));
  await refuseStoredValues(schema, readValues);
  logMended(log, await mendTarget(schema, journals));
  for (const [table, gap] of await noteCapture(source, schema.target, planTables(plan)))
    log.error({ [KEY.table]: table, next: AFTER_GAP }, describeGap(gap));
  await logCheapChecks(config, schema, log);
}

function logRetry(log: Log, reason: string, code: string): void {
  log.warn({ [KEY.reason]: reason, [KEY.code]: code }, "a failure is tried again");
}

/** A schema that cannot go on stops alone; the first failure is thrown when the others have ended. */
async function runSchemas(
  context: Context,
  schemas: readonly SchemaContext[],
  { until, wait }: { readonly until: Until; readonly wait: boolean },
  keys: ValueKeys,
): Promise<void> {
  const { config, log, signal, terminal } = context;
  const progress = openProgress(terminal, (await Promise.all(schemas.map(tableProgress))).flat());
  const events = logEvents(log, progress);
  log.info({ batchSize: config.batchSize, syncIntervalMs: config.syncIntervalMs }, "run begins");
  try {
    const results = await Promise.allSettled(
      schemas.map(async ({ source, target, tenants, plan }) => {
        await runSync({
          plan,
          source,
          target,
          batchSize: config.batchSize,
          syncIntervalMs: config.syncIntervalMs,
          conflictPolicy: config.conflictPolicy,
          parallelism: config.parallelism,
          deadLetterLimit: config.deadLetterLimit,
          until,
          standsBy: until === "stopped" || wait,
          signal,
          events,
          rowsFor: rowSources(plan, { source, target, keys, ...(tenants && { tenants }) }),
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
      // Where the line begins only informs: what cannot be read now ends no run.
      const checkpoint = await readCheckpoint(target.db, target.dialect, table.targetNames.checkpoint).catch(
        () => undefined,
      );
      return {
        name: table.name,
        position: checkpoint?.position ?? 0n,
        highest: () => highestPosition(source, table.names.journal),
      };
    }),
  );
}

/** Puts right what a restore left behind or dropped; without the rights for it, says which command does. */
async function mendTarget(
  { target, plan }: SchemaContext,
  journals: ReadonlyMap<string, JournalStart>,
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
