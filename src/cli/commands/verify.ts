import { planTables } from "../../contract/sync-plan.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { KEY } from "../../log.ts";
import { rowSources } from "../../run/row-sources.ts";
import { recordVerdict } from "../../verify/record-verdict.ts";
import { sameSecret } from "../../verify/same-secret.ts";
import { openGaps } from "../../verify/settle-gaps.ts";
import { openStateFile, type StateFile } from "../../verify/state-file.ts";
import type { TableCounts } from "../../verify/table-counts.ts";
import { findVerdict, isEqual, type Verdict } from "../../verify/verdict.ts";
import { verify as verifySchema } from "../../verify/verify.ts";
import type { ReportedDifference, VerifyOptions } from "../../verify/verify-options.ts";
import { type Context, type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { homeDefines, type KeyFlags } from "../key-flags.ts";
import { numberFlag } from "../number-flag.ts";
import { progressWidth, writeJson, writeOut } from "../output.ts";
import { requireDirection } from "../require-direction.ts";
import { countText, showRows, waitText } from "../show-rows.ts";
import { openThrottle, sharedPace } from "../throttle.ts";
import { openBackKeys, openValueKeys, type ValueKeys } from "../value-keys.ts";
import { formatDifference, formatVerdict } from "../verify-text.ts";
import { requireServing } from "../way-back.ts";

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
  readonly verdict: Verdict;
  readonly tables: readonly TableCounts[];
  /** At most MAX_LISTED; the counts are of all. */
  readonly differences: readonly ReportedDifference[];
  /** How many differences are not in the list. */
  readonly differencesOmitted: number;
}

/** A target that is not filled yet differs in every row: the list ends somewhere. */
const MAX_LISTED = 10_000;
/** A checkpoint that does not move for so many polls of a runner, at the least so long, has no runner. */
const PATIENCE_POLLS = 3;
const MIN_PATIENCE_MS = 5_000;

/**
 * Compares all rows. Exit 0: equal, or every difference was mended. 6: rows differ, or the counts of the servers
 * contradict that none does. 8: none differs, but not all could be judged.
 */
export async function verify(flags: VerifyFlags, signal: AbortSignal): Promise<number> {
  const maxRowsPerSecond = numberFlag("--max-rows-per-second", flags.maxRowsPerSecond);
  refuseHalfMeant(flags);
  // Before anything is opened: a file of somebody else's is not to be written to.
  const stateFile = flags.state === undefined ? undefined : await openStateFile(flags.state);
  const define = [...flags.define, ...homeDefines(flags)];
  const findings: Findings = { tables: [], differences: [], omitted: 0, complete: true };
  const tell = (): Verdict => {
    const { tables, complete, differences, omitted } = findings;
    const verdict = findVerdict(tables, complete);
    const output: VerifyOutput = { complete, verdict, tables, differences, differencesOmitted: omitted };
    if (flags.json) writeJson(output);
    else writeOut(formatVerdict(output, process.stdout.columns));
    return verdict;
  };
  const verdict = await withContext({ ...flags, define }, signal, async (context) => {
    const keys = openValueKeys(context.config, define);
    try {
      await compareAll(context, flags, maxRowsPerSecond, keys, stateFile, findings);
      return tell();
    } finally {
      await keys.close();
    }
  }).catch((error: unknown) => {
    // A server that falls silent takes nothing away from what was compared until then.
    if (isCutOff(error) && findings.tables.length > 0) {
      findings.complete = false;
      tell();
    }
    throw error;
  });
  return exitCode(verdict);
}

/** What is found, as far as it goes. */
interface Findings {
  readonly tables: TableCounts[];
  readonly differences: ReportedDifference[];
  omitted: number;
  complete: boolean;
}

const isCutOff = (error: unknown): boolean =>
  error instanceof SyncError && (error.code === "DEADLINE_PASSED" || error.code === "INTERRUPTED");

function refuseHalfMeant({ repair, deleteExtra, yes }: VerifyFlags): void {
  if (deleteExtra && !repair) {
    throw new SyncError("USAGE_INVALID", {
      what: "--delete-extra is given without --repair",
      next: "Give both, or none to compare only",
    });
  }
  if (deleteExtra && !yes) {
    throw new SyncError("USAGE_INVALID", {
      what: "--delete-extra deletes every row that only the target has, also those that users of green made",
      next: "Look at the rows that `sync-tool verify` calls extra, then give --yes as well",
    });
  }
}

async function compareAll(
  context: Context,
  flags: VerifyFlags,
  maxRowsPerSecond: number | undefined,
  forwardKeys: ValueKeys,
  stateFile: StateFile | undefined,
  findings: Findings,
): Promise<void> {
  const { config, log, terminal, deadlineOrStop } = context;
  const schemas = await context.openSchemas({ quiet: true });
  const shared = sharedPace(config, maxRowsPerSecond);
  if (flags.repair) {
    for (const schema of schemas) {
      await requireDirection(schema, "repair");
      const why = "a repair of this direction would write older rows over those of its users";
      await requireServing(config, schema, "source serves", why);
    }
  }
  const isBack = schemas.some(({ direction }) => direction === "back");
  const keys = isBack ? openBackKeys(config, forwardKeys) : forwardKeys;
  try {
    for (const schema of schemas) {
      const { name, plan, source, target, tenants } = schema;
      const endGaps = await openGaps(source, target, planTables(plan));
      const showRead = await progressOf(schema, context);
      const isSameSecret = sameSecret(keys.profiles.target.encryption);
      const report = await verifySchema({
        plan,
        source,
        target,
        rowsFor: rowSources(plan, { source, target, keys, ...(tenants && { tenants }) }),
        signal: deadlineOrStop,
        patienceMs: Math.max(MIN_PATIENCE_MS, PATIENCE_POLLS * config.syncIntervalMs),
        pace: openThrottle(context, schema, { pace: shared, isNoted: false }),
        ...(flags.repair ? { repair: { deleteExtra: flags.deleteExtra === true } } : {}),
        ...(stateFile === undefined ? {} : { state: stateFile.store(name) }),
        settings: settingsOf(keys),
        ...(isSameSecret === undefined ? {} : { isSameSecret }),
        onDifference: (difference) => {
          if (findings.differences.length < MAX_LISTED) findings.differences.push(difference);
          else findings.omitted += 1;
          if (!flags.json) terminal.print(formatDifference(difference));
        },
        ...showRead,
        onFailed: (unfinished) => {
          findings.tables.push(...unfinished);
        },
        onFinishedState: (finished) =>
          log.info(
            { state: flags.state, finished },
            "the comparison of this file is finished: it begins anew",
          ),
      });
      findings.tables.push(...report.tables);
      findings.complete &&= report.complete;
      // What an earlier call has read says nothing of a gap since.
      if (report.complete && flags.state === undefined)
        for (const table of await endGaps(report.tables.filter(isEqual).map((one) => one.table)))
          log.info({ [KEY.table]: table }, "nothing was missing: the gap in capture is settled");
      await recordVerdict({ target, plan, report, log });
    }
  } finally {
    if (isBack) await keys.close();
  }
  terminal.showProgress("");
}

/** Both sides of a table may be read one after the other: what is told is the mean of the most of each. */
async function progressOf(
  { plan, source }: SchemaContext,
  { terminal }: Context,
): Promise<Required<Pick<VerifyOptions, "onProgress" | "onWait" | "onCount">>> {
  const show = await showRows(terminal, source, planTables(plan));
  const most = new Map<string, { readonly source: number; readonly target: number }>();
  return {
    onProgress: (table, { readSource, readTarget }) => {
      const before = most.get(table) ?? { source: 0, target: 0 };
      const read = {
        source: Math.max(before.source, readSource),
        target: Math.max(before.target, readTarget),
      };
      most.set(table, read);
      show(table, { rows: Math.round((read.source + read.target) / 2) });
    },
    onWait: (table, rows) => terminal.showProgress(waitText(table, rows, progressWidth())),
    onCount: (table) => terminal.showProgress(countText(table, progressWidth())),
  };
}

/** What decides how stored values are transformed; no key. */
function settingsOf({ profiles: { source, target } }: ValueKeys): string {
  const encryption = target.encryption?.kind ?? "none";
  return JSON.stringify([
    source.processor,
    source.hashAlgorithm,
    target.processor,
    target.hashAlgorithm,
    encryption,
  ]);
}

function exitCode({ result, sentence, found, repaired }: Verdict): number {
  if (result === "equal") return EXIT.ok;
  if (result === "not judged") return EXIT.incomplete;
  if (result === "different") {
    throw new SyncError("VERIFY_MISMATCH", {
      what: `${found - repaired} rows differ between source and target`,
      next: "Look at the rows named; `sync-tool verify --repair` writes missing and different ones again",
    });
  }
  throw new SyncError("VERIFY_UNEXPLAINED", {
    what: `No row was found that differs, and yet ${sentence}`,
    next: "Give verify again while nobody writes to green; if the counts still do not add up, do not switch: keep both databases as they are and report it",
  });
}
