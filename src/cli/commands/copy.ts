import { planTables, type SyncPlan } from "../../contract/sync-plan.ts";
import { type CopiedTable, copy as copySchema } from "../../copy/copy.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { rowSources } from "../../run/row-sources.ts";
import { readState, stateTable } from "../../state/state.ts";
import { keyText } from "../../verify/key-label.ts";
import { chooseLanes } from "../choose-lanes.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { homeDefines, type KeyFlags } from "../key-flags.ts";
import { numberFlag } from "../number-flag.ts";
import { formatTable, writeJson, writeOut, writeSentence } from "../output.ts";
import { refuseStoredValues } from "../refuse-stored-values.ts";
import { requireDirection } from "../require-direction.ts";
import { showRows } from "../show-rows.ts";
import { openThrottle, sharedPace } from "../throttle.ts";
import { openValueKeys, type ValueKeys } from "../value-keys.ts";
import { requireServing } from "../way-back.ts";

export interface CopyFlags extends CommonFlags, KeyFlags {
  /** Names as the operator writes them; none: every table. */
  readonly table: readonly string[];
  readonly maxRowsPerSecond?: string;
  readonly json?: true;
}

/** What `copy --json` prints. */
export interface CopyOutput {
  /** Every row of every table was looked at. */
  readonly complete: boolean;
  readonly tables: readonly CopiedTable[];
}

/**
 * Writes the rows that green lacks. Exit 0: every row was looked at, and green has them all but for what is on its way.
 * 8: it was stopped, or green refused rows, which are named.
 */
export async function copy(flags: CopyFlags, signal: AbortSignal): Promise<number> {
  const maxRowsPerSecond = numberFlag("--max-rows-per-second", flags.maxRowsPerSecond);
  const define = [...flags.define, ...homeDefines(flags)];
  return await withContext({ ...flags, define }, signal, async (context) => {
    const keys = openValueKeys(context.config, define);
    try {
      const tables = await copySchemas(context, flags, maxRowsPerSecond, keys);
      const complete = tables.every(({ isDone }) => isDone);
      if (flags.json) writeJson({ complete, tables } satisfies CopyOutput);
      else {
        writeOut(formatCopied(tables));
        writeSentence(whatIsNext(complete));
      }
      refuseLeftRows(tables);
      return complete ? EXIT.ok : EXIT.incomplete;
    } finally {
      await keys.close();
    }
  });
}

async function copySchemas(
  context: Context,
  flags: CopyFlags,
  maxRowsPerSecond: number | undefined,
  keys: ValueKeys,
): Promise<readonly CopiedTable[]> {
  const { terminal, signal } = context;
  const schemas = await context.openSchemas({ quiet: true, direction: "forward" });
  const wanted = flags.table.map((name) => name.toUpperCase());
  refuseUnknown(
    wanted,
    schemas.map(({ plan }) => plan),
  );
  for (const schema of schemas) {
    await requireDirection(schema, "copy");
    await requireServing(
      context.config,
      schema,
      "source serves",
      "a copy of blue would bring rows back that they deleted",
    );
    await refuseStoredValues(schema, keys.readValues);
  }
  const shared = sharedPace(context.config, maxRowsPerSecond);
  const done: CopiedTable[] = [];
  for (const schema of schemas) {
    const { plan, source, target, tenants } = schema;
    if (signal.aborted) break;
    await warnWithoutRun(context, schema);
    const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
    const tablesOf = planTables(plan).filter(({ name }) => isWanted(name));
    const show = await showRows(terminal, source, tablesOf);
    const tables = await copySchema({
      plan,
      source,
      target,
      rowsFor: rowSources(plan, { source, target, keys, ...(tenants && { tenants }) }),
      ...(wanted.length === 0 ? {} : { tables: wanted }),
      pace: openThrottle(context, schema, { pace: shared, isNoted: false }),
      parallelism: await chooseLanes(context, schema),
      deadLetterLimit: context.config.deadLetterLimit,
      signal,
      onRefused: ({ table, key, reason }) => {
        if (!flags.json) terminal.print(`refused ${table} ${keyText(key)} - ${reason}`);
      },
      onProgress: (table, { rows, written }, earlier) => show(table, { rows, written, earlier }),
    });
    done.push(...tables);
  }
  terminal.showProgress("");
  return done;
}

function refuseUnknown(wanted: readonly string[], plans: readonly SyncPlan[]): void {
  const known = plans.flatMap((plan) => planTables(plan).map(({ name }) => name));
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new SyncError("USAGE_INVALID", {
    what: `--table names what is not synced: ${unknown.join(", ")}`,
    next: `Give one of ${known.join(", ")}`,
  });
}

/** What users change while a copy works comes by a run alone. */
async function warnWithoutRun({ log }: Context, { target, plan }: SchemaContext): Promise<void> {
  const state = stateTable(target.dialect, planTables(plan));
  if ((await readState(target.db, state, "runner/")).length > 0) return;
  log.warn("no run works on this target: what users change meanwhile comes only with `sync-tool run`");
}

function formatCopied(tables: readonly CopiedTable[]): string {
  const head = ["TABLE", "READ", "WRITTEN", "REFUSED", "DONE"];
  const rows = tables.map(({ table, rows: read, written, refused, isDone }) => [
    table,
    ...[read, written, refused].map(String),
    isDone ? "yes" : "no",
  ]);
  return formatTable(head, rows);
}

const whatIsNext = (complete: boolean): string =>
  complete
    ? "copied: let `sync-tool run` bring what users changed meanwhile, then prove it with `sync-tool verify`"
    : "stopped before the end: give `sync-tool copy` again, it goes on from here";

function refuseLeftRows(tables: readonly CopiedTable[]): void {
  const left = tables.filter(({ isDone, refused }) => isDone && refused > 0);
  if (left.length === 0) return;
  throw new SyncError("COPY_LEFT_ROWS", {
    what: `The target still lacks rows that it refused: ${left.map(({ table, refused }) => `${table} ${refused}`).join(", ")}`,
    next: "Mend what their reasons name, then give `sync-tool copy` again, or `sync-tool verify --repair`",
  });
}
