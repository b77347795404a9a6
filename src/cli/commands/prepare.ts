import { installCapture } from "../../capture/install.ts";
import { prepareTarget } from "../../capture/prepare-target.ts";
import { EXIT } from "../../errors.ts";
import { KEY } from "../../log.ts";
import { planTables } from "../../plan/sync-plan.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { writeOut } from "../output.ts";
import { printPlan } from "../print-plan.ts";

export interface PrepareFlags extends CommonFlags {
  readonly dryRun?: true;
  readonly generateDdl?: true;
  readonly out: string;
  readonly acceptNewJournal?: true;
}

/** Installs capture on the source, then puts the target right; both may be done before or after the restore. */
export async function prepare(flags: PrepareFlags, signal: AbortSignal): Promise<number> {
  return await withContext(flags, signal, async (context) => {
    const schemas = await context.openSchemas({ beforeRestore: true });
    if (flags.dryRun) {
      for (const schema of schemas) writeOut(printPlan(schema));
      return EXIT.ok;
    }
    if (flags.generateDdl) {
      const { writeScripts } = await import("../write-scripts.ts");
      for (const file of await writeScripts(schemas, flags.out)) writeOut(file);
      return EXIT.ok;
    }
    for (const schema of schemas) await prepareSchema(context, schema, flags);
    return EXIT.ok;
  });
}

async function prepareSchema(context: Context, schema: SchemaContext, flags: PrepareFlags): Promise<void> {
  const { log, signal } = context;
  const { source, target, plan } = schema;
  const tables = planTables(plan);
  const installed = await installCapture(source.db, source.dialect, tables, {
    signal,
    onBusy: ({ table, name }, attempt) =>
      log.info(
        { [KEY.object]: name, [KEY.table]: table, [KEY.attempts]: attempt },
        "table is busy, trying again",
      ),
  });
  const names = (objects: readonly { readonly name: string }[]): string[] => [
    ...new Set(objects.map((object) => object.name)),
  ];
  log.info(
    {
      [KEY.schema]: schema.name,
      created: names(installed.created),
      replaced: names(installed.replaced),
    },
    "capture is installed on the source",
  );
  const awaited = tables.filter((table) => table.awaitsRestore);
  const restored = tables.filter((table) => !table.awaitsRestore);
  if (restored.length > 0) {
    const prepared = await prepareTarget(target.db, target.dialect, restored, installed.journals, {
      acceptNewJournal: flags.acceptNewJournal === true,
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
  }
  if (awaited.length > 0) {
    log.info(
      { [KEY.schema]: schema.name, tables: awaited.map((table) => table.name) },
      "the target does not have these tables yet: run makes their checkpoints after the restore",
    );
  }
}
