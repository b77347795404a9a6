import { requireCapture } from "../../capture/require-capture.ts";
import { requireCheckpoints } from "../../checkpoint/require-checkpoints.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { planTables } from "../../plan/sync-plan.ts";
import { rowSources } from "../../run/row-sources.ts";
import { keyText } from "../../verify/key-label.ts";
import type { TableCounts } from "../../verify/progress-state.ts";
import { sameSecret } from "../../verify/same-secret.ts";
import { stateFile } from "../../verify/state-file.ts";
import { type ReportedDifference, verify as verifySchema } from "../../verify/verify.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { homeDefines, type KeyFlags } from "../key-flags.ts";
import { numberFlag } from "../number-flag.ts";
import { formatTable, writeJson, writeOut } from "../output.ts";
import { openValueKeys, type ValueKeys } from "../value-keys.ts";

export interface VerifyFlags extends CommonFlags, KeyFlags {
  readonly json?: true;
  readonly repair?: true;
  readonly deleteExtra?: true;
  readonly yes?: true;
  readonly maxRowsPerSecond?: string;
  /** File that keeps the progress, to go on from. */
  readonly state?: string;
}

/** What `verify --json` prints. */
export interface VerifyOutput {
  readonly complete: boolean;
  readonly tables: readonly TableCounts[];
  /** At most MAX_LISTED; the counts are of all. */
  readonly differences: readonly ReportedDifference[];
}

/** A target that is not filled yet differs in every row: the list ends somewhere. */
const MAX_LISTED = 10_000;
/** A checkpoint that does not move for so many polls of a runner, at the least so long, has no runner. */
const PATIENCE_POLLS = 3;
const MIN_PATIENCE_MS = 5_000;

/**
 * Compares all rows. Exit 0: equal, or every difference was mended. 6: rows differ. 8: none differs, but not all could
 * be judged, because changes are pending or the comparison was stopped.
 */
export async function verify(flags: VerifyFlags, signal: AbortSignal): Promise<number> {
  const maxRowsPerSecond = numberFlag("--max-rows-per-second", flags.maxRowsPerSecond);
  if (flags.deleteExtra && !flags.repair) {
    throw new SyncError("USAGE_INVALID", {
      what: "--delete-extra is given without --repair",
      next: "Give both, or none to compare only",
    });
  }
  if (flags.deleteExtra && !flags.yes) {
    throw new SyncError("USAGE_INVALID", {
      what: "--delete-extra deletes every row that only the target has, also those that users of green made",
      next: "Look at the rows that `sync-tool verify` calls extra, then give --yes as well",
    });
  }
  const define = [...flags.define, ...homeDefines(flags)];
  return await withContext({ ...flags, define }, signal, async (context) => {
    const keys = openValueKeys(context.config, define);
    try {
      const output = await compareAll(context, flags, maxRowsPerSecond, keys);
      if (flags.json) writeJson(output);
      else writeOut(formatCounts(output));
      return exitCode(output);
    } finally {
      await keys.close();
    }
  });
}

async function compareAll(
  { config, openSchemas, terminal, deadlineOrStop }: Context,
  flags: VerifyFlags,
  maxRowsPerSecond: number | undefined,
  keys: ValueKeys,
): Promise<VerifyOutput> {
  const schemas = await openSchemas({ quiet: true });
  const tables: TableCounts[] = [];
  const differences: ReportedDifference[] = [];
  let complete = true;
  if (flags.repair) for (const schema of schemas) await requireDirection(schema);
  for (const { name, plan, source, target, tenants } of schemas) {
    const isSameSecret = sameSecret(keys.profiles.target.encryption);
    const report = await verifySchema({
      plan,
      source,
      target,
      rowsFor: rowSources(plan, { source, target, keys, ...(tenants && { tenants }) }),
      signal: deadlineOrStop,
      patienceMs: Math.max(MIN_PATIENCE_MS, PATIENCE_POLLS * config.syncIntervalMs),
      ...(maxRowsPerSecond === undefined ? {} : { maxRowsPerSecond }),
      ...(flags.repair ? { repair: { deleteExtra: flags.deleteExtra === true } } : {}),
      ...(flags.state === undefined
        ? {}
        : { state: stateFile(schemas.length === 1 ? flags.state : `${flags.state}.${name}`) }),
      ...(isSameSecret === undefined ? {} : { isSameSecret }),
      onDifference: (difference) => {
        if (differences.length < MAX_LISTED) differences.push(difference);
        if (!flags.json) writeOut(formatDifference(difference));
      },
      onProgress: ({ table, sourceRows, targetRows }) => {
        if (terminal.isTerminal)
          terminal.showProgress(`${table}: ${sourceRows} rows of the source, ${targetRows} of the target`);
      },
    });
    tables.push(...report.tables);
    complete &&= report.complete;
  }
  terminal.showProgress("");
  return { complete, tables, differences };
}

/**
 * A repair writes: what proves that it writes to green is the capture on blue and a checkpoint of its journal for every
 * table, which also keep a run and the repair out of each other's way.
 */
async function requireDirection({ source, target, plan }: SchemaContext): Promise<void> {
  const tables = planTables(plan);
  const journals = await requireCapture(source.db, source.dialect, tables);
  const checkpoints = await requireCheckpoints(target, tables, journals);
  const notBegun = tables.filter(({ name }) => !checkpoints.has(name));
  if (notBegun.length === 0) return;
  throw new SyncError("NOT_PREPARED", {
    what: `Checkpoints on the target are not begun: ${notBegun.map(({ targetNames }) => targetNames.checkpoint).join(", ")}`,
    next: "Run `sync-tool prepare`, or start `sync-tool run` once, then repair",
  });
}

/** `different TABLE KEY=value (COLUMN, COLUMN)`, one line per row, no value but the key's. */
function formatDifference({ table, kind, key, columns, reason, repaired }: ReportedDifference): string {
  const parts = [
    kind.padEnd(9),
    table,
    keyText(key),
    ...(columns.length === 0 ? [] : [`(${columns.join(", ")})`]),
    ...(repaired === undefined ? [] : [repaired ? "repaired" : "not repaired"]),
    ...(reason === undefined ? [] : [`- ${reason}`]),
  ];
  return parts.join(" ");
}

function formatCounts({ tables, complete }: VerifyOutput): string {
  const head = [
    "TABLE",
    "SOURCE",
    "TARGET",
    "MISSING",
    "EXTRA",
    "DIFFERENT",
    "NOT TRANSFORMABLE",
    "PENDING",
    "REPAIRED",
  ];
  const rows = tables.map((one) => [
    one.table,
    ...[one.sourceRows, one.targetRows, one.missing, one.extra, one.different].map(String),
    ...[one.untransformable, one.pending, one.repaired].map(String),
  ]);
  return `${formatTable(head, rows)}${complete ? "" : "\nstopped before the end"}`;
}

function exitCode({ tables, complete }: VerifyOutput): number {
  const total = (count: (one: TableCounts) => number): number =>
    tables.reduce((sum, one) => sum + count(one), 0);
  const found = total((one) => one.missing + one.extra + one.different + one.untransformable);
  const left = found - total((one) => one.repaired);
  if (left > 0) {
    throw new SyncError("VERIFY_MISMATCH", {
      what: `${left} rows differ between source and target`,
      next: "Look at the rows named; `sync-tool verify --repair` writes missing and different ones again",
    });
  }
  return complete && total((one) => one.pending) === 0 ? EXIT.ok : EXIT.incomplete;
}
