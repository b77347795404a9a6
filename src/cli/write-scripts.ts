import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readCaptureState } from "../capture/capture-state.ts";
import { type EmitRequest, emitScripts, emitSourceScripts } from "../capture/emit.ts";
import { journalUpgrade } from "../capture/journal-upgrade.ts";
import { planTables } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import { lookupTables } from "../transform/transformer-for.ts";
import { makeFolder } from "../util/make-folder.ts";
import type { Connected, SchemaContext, SourceContext } from "./context.ts";

/** Writes the scripts of every schema into a folder, over older ones; gives their paths. */
export async function writeScripts(
  schemas: readonly SchemaContext[],
  dir: string,
): Promise<readonly string[]> {
  const files: string[] = [];
  for (const schema of schemas) {
    const { target } = schema;
    const { account } = await target.dialect.introspector.server(target.db);
    const isBack = schema.direction === "back";
    const request = await sourceRequest(schema);
    const scripts = emitScripts({
      ...request,
      ...(isBack ? { schema: `${request.schema}_back`, isBack } : {}),
      target: {
        dialect: target.dialect,
        user: account ?? { name: target.datasource.settings.user },
        lookups: await targetLookups(schema),
      },
    });
    for (const { file, text } of scripts)
      files.push(await write(dir, file, isBack ? `${THE_WAY_BACK}\n${text}` : text));
  }
  return files;
}

const THE_WAY_BACK = "-- The way back: SOURCE means green here, and TARGET means blue.";

/** Those of the sources alone. */
export async function writeSourceScripts(
  schemas: readonly SourceContext[],
  dir: string,
): Promise<readonly string[]> {
  const files: string[] = [];
  for (const schema of schemas)
    for (const { file, text } of emitSourceScripts(await sourceRequest(schema)))
      files.push(await write(dir, file, text));
  return files;
}

async function sourceRequest({ name, source, plan }: SourceContext): Promise<Omit<EmitRequest, "target">> {
  const tables = planTables(plan);
  const { home, account } = await source.dialect.introspector.server(source.db);
  const states = await readCaptureState(source.db, source.dialect, tables);
  return {
    schema: name,
    tables,
    source: {
      dialect: source.dialect,
      user: account ?? { name: source.datasource.settings.user },
      lookups: await namesOf(source, lookupTables(plan).source),
      home,
      upgrades: new Map(states.map((state) => [state.table.name, journalUpgrade(source.dialect, state)])),
    },
  };
}

/** Before the restore the target has nothing yet that a run must read: what the source has comes with the dump. */
async function targetLookups({
  source,
  target,
  plan,
}: Pick<SchemaContext, "source" | "target" | "plan">): Promise<readonly string[]> {
  const wanted = lookupTables(plan).target;
  const awaitsRestore = planTables(plan).some((table) => table.awaitsRestore);
  const side = awaitsRestore && source.dialect.ddl === target.dialect.ddl ? source : target;
  return await namesOf(side, wanted);
}

/** As the catalogue spells them; those only that are there. */
async function namesOf({ dialect, db }: Connected, tables: readonly string[]): Promise<readonly string[]> {
  return (await dialect.introspector.tables(db, tables)).map((table) => table.name);
}

async function write(dir: string, file: string, text: string): Promise<string> {
  const path = join(dir, file);
  try {
    makeFolder(dir);
    await writeFile(path, text);
  } catch (error) {
    throw new SyncError("USAGE_INVALID", {
      what: `${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown reason"})`,
      next: "Name another folder with --out",
      cause: error,
    });
  }
  return path;
}
