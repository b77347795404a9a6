import { noteCapture } from "../../capture/capture-gap.ts";
import { prepareTarget, type TargetPrepared } from "../../capture/prepare-target.ts";
import { requireCapture } from "../../capture/require-capture.ts";
import { noteRoles } from "../../capture/roles.ts";
import type { JournalStart } from "../../checkpoint/checkpoint.ts";
import { planTables } from "../../contract/sync-plan.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { KEY, type Log } from "../../log.ts";
import type { Until } from "../../run/after-pass.ts";
import { lateGuards } from "../../run/late-guards.ts";
import { Interrupted, persistently } from "../../run/persistently.ts";
import { rowSources } from "../../run/row-sources.ts";
import { runSync } from "../../run/run-sync.ts";
import { AFTER_GAP, describeGap } from "../../state/gap.ts";
import { chooseLanes } from "../choose-lanes.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { hasSwitched } from "../has-switched.ts";
import { homeDefines, type KeyFlags } from "../key-flags.ts";
import { type Cockpit, type ListenFlags, listenSettings, withCockpit } from "../listen.ts";
import { writeOut } from "../output.ts";
import { printPlan } from "../print-plan.ts";
import { refuseStoredValues } from "../refuse-stored-values.ts";
import { logEvents } from "../run-events.ts";
import { logCheapChecks } from "../start-checks.ts";
import { openThrottle, sharedPace } from "../throttle.ts";
import { openBackKeys, openValueKeys, type ValueKeys } from "../value-keys.ts";

export interface RunFlags extends CommonFlags, KeyFlags, ListenFlags {
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
  if (flags.listen !== undefined && flags.dryRun) {
    throw new SyncError("USAGE_INVALID", {
      what: "--listen and --dry-run exclude each other",
      next: "Give one of them",
    });
  }
  const listen = listenSettings(flags);
  const define = [...flags.define, ...homeDefines(flags)];
  return await withContext(
    { ...flags, define },
    signal,
    (context) => withCockpit(context, listen, (cockpit) => runAll(context, flags, define, cockpit)),
    { graceMs: GRACE_MS },
  );
}

async function runAll(
  context: Context,
  flags: RunFlags,
  define: readonly string[],
  cockpit: Cockpit,
): Promise<number> {
  const { signal } = context;
  const keys = openValueKeys(context.config, define);
  try {
    if (flags.dryRun) {
      for (const schema of await context.openSchemas({ direction: "forward" }))
        writeOut(printPlan(schema, context.config));
      return EXIT.ok;
    }
    // Once both sides were reached, nothing that passes ends a run, not even in its first second.
    const persist = <T>(work: () => Promise<T>): Promise<T> =>
      persistently(work, { signal, onRetry: (reason, code) => logRetry(context.log, reason, code) });
    const schemas = await context.openSchemas({ persist, direction: "forward" });
    for (const schema of schemas) await persist(() => putInOrder(context, schema, keys));
    const until: Until = flags.once ? "one pass" : flags.untilDrained ? "drained" : "stopped";
    const back = context.config.wayBack ? await context.openBack(schemas, { persist }) : [];
    await persist(() => requireBackPrepared(context, back));
    const backKeys = back.length === 0 ? undefined : openBackKeys(context.config, keys);
    try {
      const lanes = new Map<SchemaContext, number>();
      for (const schema of [...schemas, ...back])
        lanes.set(schema, await persist(() => chooseLanes(context, schema)));
      await runSchemas(
        context,
        { schemas, back, lanes },
        { until, wait: flags.wait === true },
        { keys, backKeys },
        cockpit,
      );
    } finally {
      await backKeys?.close();
    }
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    context.log.info("stopped before the run began");
    return EXIT.ok;
  } finally {
    await keys.close();
  }
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
  logMended(log, await mendTarget(schema, journals, config.wayBack === true));
  for (const [table, gap] of await noteCapture(source, schema.target, planTables(plan)))
    log.error({ [KEY.table]: table, next: AFTER_GAP }, describeGap(gap));
  await logCheapChecks(config, schema, log);
}

function logRetry(log: Log, reason: string, code: string): void {
  log.warn({ [KEY.reason]: reason, [KEY.code]: code }, "a failure is tried again");
}

/**
 * The other direction. Throws NOT_PREPARED: a run that was begun without it would go on without it, and without heeding who
 * serves.
 */
async function requireBackPrepared({ log }: Context, back: readonly SchemaContext[]): Promise<void> {
  for (const schema of back) {
    const journals = await requireCapture(schema.source.db, schema.source.dialect, planTables(schema.plan));
    // Scripts make the checkpoint's table; the row is begun here.
    logMended(log, await mendTarget(schema, journals, true));
    await noteRoles(schema);
  }
}

interface Directions {
  readonly schemas: readonly SchemaContext[];
  /** The same schemas the other way round; empty without a way back. */
  readonly back: readonly SchemaContext[];
  readonly lanes: ReadonlyMap<SchemaContext, number>;
}

/** A schema that cannot go on stops alone; the first failure is thrown when the others have ended. */
async function runSchemas(
  context: Context,
  { schemas, back, lanes }: Directions,
  { until, wait }: { readonly until: Until; readonly wait: boolean },
  { keys, backKeys }: { readonly keys: ValueKeys; readonly backKeys: ValueKeys | undefined },
  cockpit: Cockpit,
): Promise<void> {
  const { config, log, signal } = context;
  cockpit.show(schemas, back);
  const shared = sharedPace(config);
  const { batchSize, syncIntervalMs, logKeepDays, logMaxMegabytes } = config;
  log.info({ batchSize, syncIntervalMs, logKeepDays, logMaxMegabytes }, "run begins");
  const run = (schema: SchemaContext, other: SchemaContext | undefined): Promise<void> => {
    const { name, source, target, tenants, plan, direction = "forward" } = schema;
    const isBack = direction === "back";
    const ownKeys = isBack ? backKeys : keys;
    const events = logEvents(isBack ? log.child({ direction }) : log, ({ table, changes }) =>
      cockpit.tally.add({ direction, schema: name, table }, changes),
    );
    return runSync({
      plan,
      source,
      target,
      batchSize: config.batchSize,
      syncIntervalMs: config.syncIntervalMs,
      conflictPolicy: config.conflictPolicy,
      parallelism: lanes.get(schema) ?? config.parallelism,
      pace: openThrottle(context, schema, { pace: shared, isNoted: true }),
      deadLetterLimit: config.deadLetterLimit,
      until,
      standsBy: until === "stopped" || wait,
      signal,
      events,
      rowsFor: rowSources(plan, { source, target, keys: ownKeys, ...(tenants && { tenants }) }),
      ...(other === undefined ? {} : { lateFor: lateGuards(schema, other, isBack ? keys : backKeys) }),
    }).finally(events.close);
  };
  const results = await Promise.allSettled([
    ...schemas.map((schema) =>
      run(
        schema,
        back.find(({ name }) => name === schema.name),
      ),
    ),
    ...back.map(async (schema) => {
      const forward = schemas.find(({ name }) => name === schema.name);
      // Until the first switch blue serves, and gets nothing from green.
      if (forward !== undefined && (await hasSwitched(forward, until, config.syncIntervalMs, signal)))
        await run(schema, forward);
    }),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  log.info("run ends");
}

/** Puts right what a restore left behind or dropped; without the rights for it, says which command does. */
async function mendTarget(
  { target, plan }: SchemaContext,
  journals: ReadonlyMap<string, JournalStart>,
  capturesItself: boolean,
): Promise<TargetPrepared> {
  try {
    return await prepareTarget(target.db, target.dialect, planTables(plan), journals, { capturesItself });
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
