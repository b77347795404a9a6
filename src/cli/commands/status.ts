import { EXIT } from "../../errors.ts";
import { afterFailure } from "../../run/after-failure.ts";
import { openSnapshots } from "../../status/snapshot.ts";
import { type StatusReport, statusReport } from "../../status/status.ts";
import type { TableStatus } from "../../status/table-status.ts";
import { type Look, type TimeToDrain, timeToDrain } from "../../status/time-to-drain.ts";
import { readVerified, type Verified } from "../../status/verified.ts";
import { monotonic } from "../../util/monotonic.ts";
import { sleep } from "../../util/sleep.ts";
import { type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { formatTable, isOutClosed, writeJson, writeOut } from "../output.ts";
import { readServingFacts, type ServingFacts } from "../way-back.ts";

export interface StatusFlags extends CommonFlags {
  readonly json?: true;
  readonly watch?: true;
}

const WATCH_MS = 2_000;
/** Without an answer for so long, what is on the screen is marked as what it is. */
const PATIENCE_MS = 5_000;
/** The rate is that of the last twenty seconds. */
const RATE_LOOKS = 10;
const CLEAR_SCREEN = "\u001b[H\u001b[2J";

/**
 * Prints where every table stands, once or (`--watch`) every two seconds until stopped. Exit 0 whatever it says. While a server
 * does not answer, a watch shows what it saw last, as such: never that it is safe to switch.
 */
export async function status(flags: StatusFlags, signal: AbortSignal): Promise<number> {
  return await withContext(flags, signal, async (context) => {
    const schemas = await context.openSchemas({ beforeRestore: true, quiet: true });
    const look = createLook(schemas, context.config.wayBack === true, context.deadlineOrStop);
    const looks: Look[] = [];
    for (;;) {
      const seen = await look(looks.at(-1));
      const { report, verified } = seen;
      const now = { atMs: monotonic(), report };
      if (flags.watch && !flags.json && process.stdout.isTTY) writeOut(CLEAR_SCREEN);
      const { serving } = seen;
      if (flags.json) writeJson({ ...report, verified, ...(serving === undefined ? {} : { serving }) });
      else {
        writeOut(formatStatus(report, flags.watch && ((table) => timeToDrain(looks[0] ?? now, now, table))));
        for (const one of verified) writeOut(verifiedText(one));
        if (serving !== undefined) writeOut(servingText(serving));
      }
      if (!flags.watch || signal.aborted) return EXIT.ok;
      if (seen.isFresh) looks.push(now);
      if (looks.length > RATE_LOOKS) looks.shift();
      await sleep(WATCH_MS, signal);
      if (signal.aborted || isOutClosed()) return EXIT.ok;
    }
  });
}

const verifiedText = ({ schema, result, secondsAgo }: Verified): string =>
  secondsAgo === null
    ? `verified: ${schema}: not yet`
    : `verified: ${schema}: ${result}, ${agoText(secondsAgo)} ago`;

const servingText = ({ side, since, host }: ServingFacts): string =>
  since === null ? `${side} serves users` : `${side} serves users since ${since}, switched by ${host}`;

const agoText = (seconds: number): string => {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
};

interface Seen {
  readonly report: StatusReport;
  readonly verified: readonly Verified[];
  /** Only with a way back. */
  readonly serving?: ServingFacts | undefined;
  readonly isFresh: boolean;
}

/** Looks, and gives what was seen last, marked as such, while the servers do not answer or have gone for a while. */
function createLook(
  schemas: readonly SchemaContext[],
  hasWayBack: boolean,
  signal: AbortSignal,
): (last: Look | undefined) => Promise<Seen> {
  const snapshots = openSnapshots(schemas);
  let pending: Promise<Seen> | undefined;
  const lookAtAll = async (): Promise<Seen> => {
    const report = statusReport(await snapshots.takeDecided(signal));
    const [first] = schemas;
    const serving = hasWayBack && first !== undefined ? await readServingFacts(first) : undefined;
    return { report, verified: await readVerified(schemas), serving, isFresh: true };
  };
  const stale = (last: StatusReport, reason: string, seconds: number): Seen => {
    // Never safe: nobody knows what has happened since.
    const why = `stale: ${reason}; what stands above was seen ${seconds} s ago`;
    return { report: { ...last, safeToSwitch: false, reasons: [why] }, verified: [], isFresh: false };
  };
  return async (last) => {
    pending ??= lookAtAll().finally(() => {
      pending = undefined;
    });
    if (last === undefined) return await pending;
    const seconds = (): number => Math.round((monotonic() - last.atMs) / 1000);
    const stopWaiting = new AbortController();
    try {
      return await Promise.race([
        pending,
        sleep(PATIENCE_MS, AbortSignal.any([signal, stopWaiting.signal])).then(() =>
          stale(last.report, "no answer", seconds()),
        ),
      ]);
    } catch (error) {
      const after = afterFailure("", error);
      if (after.next === "stop") throw error;
      return stale(last.report, after.reason, seconds());
    } finally {
      stopWaiting.abort();
    }
  };
}

/** The report as a table for people, with the verdict below. With `toDrain`, also how long each table needs. */
export function formatStatus(
  { tables, safeToSwitch, reasons }: StatusReport,
  toDrain?: (table: TableStatus) => TimeToDrain,
): string {
  const head = [
    "TABLE",
    "CAPTURED",
    "PENDING",
    "LAG (S)",
    "CHECKPOINT",
    "OPEN HOLE",
    "DEAD LETTERS",
    "RUNNER",
  ];
  if (toDrain !== undefined) head.push("TO DRAIN");
  const row = (table: TableStatus): readonly string[] => [
    table.table,
    table.captured ? "yes" : "no",
    pendingText(table),
    table.lagSeconds === null ? "-" : table.lagSeconds.toFixed(1),
    table.checkpoint ?? "-",
    table.openHole === null ? "-" : holeText(table),
    String(table.deadLetters),
    runnerText(table),
    ...(toDrain === undefined ? [] : [durationText(toDrain(table))]),
  ];
  return [
    formatTable(head, tables.map(row)),
    "",
    `safe to switch: ${safeToSwitch ? "yes" : "no"}`,
    ...reasons.map((reason) => `  - ${reason}`),
    ...tables.filter(({ dropped }) => dropped > 0).map(droppedText),
  ].join("\n");
}

/** `process@host`, and how long ago it said that it moves; a runner at work does so every ten seconds. */
const runnerText = ({ runner, stopped }: TableStatus): string => {
  if (stopped !== null) return "stopped";
  if (runner === null) return "-";
  return `${runner.pid}@${runner.host}, ${Math.round(runner.movedSecondsAgo)} s ago`;
};

/** No reason not to switch: the policy says that the target keeps its own rows. */
const droppedText = ({ table, dropped }: TableStatus): string =>
  `${table}: ${dropped} changes were dropped, as conflictPolicy=keep-target says`;

const pendingText = ({ pending, pendingIsEstimate }: TableStatus): string =>
  pending === null ? "-" : `${pendingIsEstimate ? "~" : ""}${pending}`;

function durationText(time: TimeToDrain): string {
  if (time === null || time === "grows") return time ?? "-";
  return time < 120 ? `${time} s` : `${Math.round(time / 60)} min`;
}

function holeText({ openHole, holders }: TableStatus): string {
  const range = openHole === null ? "" : `${openHole.first}-${openHole.last}`;
  const who = holders.map(({ holder, user, ageSeconds }) =>
    [
      holder,
      ...(user === undefined ? [] : [user]),
      ...(ageSeconds === undefined ? [] : [`${Math.round(ageSeconds)} s`]),
    ].join(" "),
  );
  const [first, ...others] = who;
  if (first === undefined) return range;
  return others.length === 0 ? `${range} (${first})` : `${range} (${first}, and ${others.length} more)`;
}
