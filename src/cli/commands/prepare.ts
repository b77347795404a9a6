import { installCapture } from "../../capture/install.ts";
import { refuseCapturingTarget } from "../../capture/leftovers.ts";
import { noteAfterPrepare, noteBeforePrepare } from "../../capture/prepare-gaps.ts";
import { prepareTarget } from "../../capture/prepare-target.ts";
import { noteRoles } from "../../capture/roles.ts";
import { withSourceLock } from "../../capture/source-lock.ts";
import { planTables, type TablePlan } from "../../contract/sync-plan.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { isJournalReplaced } from "../../journal/is-replaced.ts";
import { KEY } from "../../log.ts";
import { AFTER_GAP, describeGap } from "../../state/gap.ts";
import { missingMigration } from "../../transform/transformer-for.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import { type CommonFlags, SCRIPT_FOLDER } from "../flags.ts";
import { logBusyTables } from "../log-busy-tables.ts";
import { writeOut, writeSentence } from "../output.ts";
import { printPlan } from "../print-plan.ts";

export interface PrepareFlags extends CommonFlags {
  readonly dryRun?: true;
  readonly generateDdl?: true;
  readonly out?: string;
  readonly acceptNewJournal?: true;
  readonly sourceOnly?: true;
  readonly acceptGap?: true;
}

/** Installs capture on the source, then puts the target right; both may be done before or after the restore. */
export async function prepare(flags: PrepareFlags, signal: AbortSignal): Promise<number> {
  refuseContradictions(flags);
  return await withContext(flags, signal, async (context) => {
    if (flags.sourceOnly) {
      const { writeSourceScripts } = await import("../write-scripts.ts");
      const sources = await context.openSources();
      for (const file of await writeSourceScripts(sources, flags.out ?? SCRIPT_FOLDER)) writeOut(file);
      return EXIT.ok;
    }
    const schemas = await context.openSchemas({ beforeRestore: true, direction: "forward" });
    const wayBack = context.config.wayBack === true;
    if (!flags.generateDdl && !wayBack)
      for (const { target, plan } of schemas)
        await refuseCapturingTarget(target.db, target.dialect, planTables(plan));
    if (flags.dryRun) {
      for (const schema of schemas) writeOut(printPlan(schema, context.config));
      return EXIT.ok;
    }
    if (flags.generateDdl) {
      const { writeScripts } = await import("../write-scripts.ts");
      const back = wayBack && isMigrated(schemas) ? await context.openBack(schemas) : [];
      for (const file of await writeScripts([...schemas, ...back], flags.out ?? SCRIPT_FOLDER))
        writeOut(file);
      if (wayBack && back.length === 0) writeSentence(BACK_LATER);
      return EXIT.ok;
    }
    for (const schema of schemas)
      await withSourceLock(schema.source, () => prepareSchema(context, schema, flags));
    if (wayBack) await prepareWayBack(context, schemas, flags);
    return EXIT.ok;
  });
}

const BACK_LATER = "The way back is not prepared yet: give the command once more when green is migrated";

const isMigrated = (schemas: readonly SchemaContext[]): boolean =>
  schemas.every(({ plan }) =>
    planTables(plan).every((table) => !table.awaitsRestore && missingMigration(plan, table) === undefined),
  );

/** Once green is migrated; before, its tables are not yet those that users will write to. */
async function prepareWayBack(
  context: Context,
  schemas: readonly SchemaContext[],
  flags: PrepareFlags,
): Promise<void> {
  if (!isMigrated(schemas)) {
    writeSentence(BACK_LATER);
    return;
  }
  for (const schema of await context.openBack(schemas)) {
    await withSourceLock(schema.source, () => prepareSchema(context, schema, flags));
    if (!flags.dryRun) await noteRoles(schema);
  }
}

/** Who asks for scripts must not get an installation. */
function refuseContradictions({ generateDdl, dryRun, out, sourceOnly }: PrepareFlags): void {
  if (sourceOnly && !generateDdl) {
    throw new SyncError("USAGE_INVALID", {
      what: "--source-only is given without --generate-ddl",
      next: "Give both for the source's scripts alone; an installation needs the target too",
    });
  }
  if (out !== undefined && !generateDdl) {
    throw new SyncError("USAGE_INVALID", {
      what: "--out is given without --generate-ddl",
      next: "Give both to write scripts, or none to install",
    });
  }
  if (generateDdl && dryRun) {
    throw new SyncError("USAGE_INVALID", {
      what: "--generate-ddl and --dry-run exclude each other",
      next: "Give one of them; neither changes a database",
    });
  }
}

async function prepareSchema(context: Context, schema: SchemaContext, flags: PrepareFlags): Promise<void> {
  const { log } = context;
  const { source, target, plan } = schema;
  const tables = planTables(plan);
  const awaited = tables.filter((table) => table.awaitsRestore);
  const restored = tables.filter((table) => !table.awaitsRestore);
  await noteBeforePrepare(source, target, restored);
  const installed = await installCapture(source.db, source.dialect, tables, {
    signal: context.deadlineOrStop,
    onBusy: logBusyTables(log),
    onStep: ({ name, number, of }) =>
      context.terminal.showProgress(`${schema.name}: capture of ${name}, ${number} of ${of} tables`),
  });
  context.terminal.showProgress("");
  const names = (objects: readonly { readonly name: string }[]): string[] => [
    ...new Set(objects.map((object) => object.name)),
  ];
  const [created, replaced] = [names(installed.created), names(installed.replaced)];
  log.debug({ [KEY.schema]: schema.name, created, replaced }, "made on the source");
  log.info(
    { [KEY.schema]: schema.name, created: created.length, replaced: replaced.length },
    "capture is installed on the source",
  );
  if (awaited.length > 0) {
    // Without its key a table is planned as if it were not there.
    const begun = await target.dialect.introspector.tables(
      target.db,
      awaited.map(({ name }) => name),
    );
    writeSentence(beforeTheRestore(schema, awaited, restored.length + begun.length > 0));
    return;
  }
  const prepared = await prepareTarget(target.db, target.dialect, tables, installed.journals, {
    acceptNewJournal: flags.acceptNewJournal === true,
    capturesItself: context.config.wayBack === true,
    isReplaced: (table, checkpoint) => isJournalReplaced(source, table, checkpoint),
  });
  log.info(
    {
      [KEY.schema]: schema.name,
      created: names(prepared.created),
      removed: names(prepared.removed),
      started: prepared.started,
    },
    "the target is prepared",
  );
  const accept = flags.acceptGap === true;
  const isBack = schema.direction === "back";
  const gaps = await noteAfterPrepare(source, target, tables, { created: installed.created, accept, isBack });
  for (const [table, gap] of gaps) log.warn({ [KEY.table]: table, next: AFTER_GAP }, describeGap(gap));
  if (isBack) {
    writeSentence(
      `${schema.name}: the way back is prepared. Until \`sync-tool switch\` nothing is written to blue`,
    );
    return;
  }
  writeSentence(
    isMigrated([schema])
      ? `${schema.name}: source and target are prepared. Start \`sync-tool run\``
      : `${schema.name}: source and target are prepared. Run WSO2's migration client on the target, to ${plan.targetVersion}, then start \`sync-tool run\``,
  );
}

/** What to do next while the target does not have every table. */
function beforeTheRestore({ name }: SchemaContext, awaited: readonly TablePlan[], hasBegun: boolean): string {
  if (!hasBegun)
    return `${name}: capture is at work on the source. Begin the dump now, restore it as the target, and give \`sync-tool prepare\` again right after the restore`;
  const list = awaited.map((table) => table.name).join(", ");
  return `${name}: capture is at work on the source. The restore of the target is not finished: there, or with its primary key, is not yet ${list}. Give \`sync-tool prepare\` again when it has ended`;
}
