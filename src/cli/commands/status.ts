import { EXIT } from "../../errors.ts";
import { createLook } from "../../run/status-look.ts";
import type { ServingFacts } from "../../status/serving-facts.ts";
import type { StatusReport } from "../../status/status.ts";
import type { TableStatus } from "../../status/table-status.ts";
import { type Look, type TimeToDrain, timeToDrain } from "../../status/time-to-drain.ts";
import type { Verified } from "../../status/verified.ts";
import { monotonic } from "../../util/monotonic.ts";
import { roughTime } from "../../util/rough-time.ts";
import { sleep } from "../../util/sleep.ts";
import { withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { formatTable, isOutClosed, writeJson, writeOut } from "../output.ts";

export interface StatusFlags extends CommonFlags {
  readonly json?: true;
  readonly watch?: true;
}

const WATCH_MS = 2_000;
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
    const look = createLook({
      schemas,
      hasWayBack: context.config.wayBack === true,
      isDecided: true,
      signal: context.deadlineOrStop,
    });
    const looks: Look[] = [];
    for (;;) {
      const report = await look(looks.at(-1));
      const now = { atMs: monotonic(), report };
      if (flags.watch && !flags.json && process.stdout.isTTY) writeOut(CLEAR_SCREEN);
      if (flags.json) writeJson(report);
      else {
        writeOut(formatStatus(report, flags.watch && ((table) => timeToDrain(looks[0] ?? now, now, table))));
        // Ages go on while nobody looks: those of a stale report would be wrong.
        if (!report.stale) for (const one of report.verified) writeOut(verifiedText(one));
        if (!report.stale && report.serving !== undefined) writeOut(servingText(report.serving));
      }
      if (!flags.watch || signal.aborted) return EXIT.ok;
      if (!report.stale) looks.push(now);
      if (looks.length > RATE_LOOKS) looks.shift();
      await sleep(WATCH_MS, signal);
      if (signal.aborted || isOutClosed()) return EXIT.ok;
    }
  });
}

const verifiedText = ({ schema, result, secondsAgo }: Verified): string =>
  secondsAgo === null
    ? `verified: ${schema}: not yet`
    : `verified: ${schema}: ${result}, ${roughTime(secondsAgo)} ago`;

const servingText = ({ side, since, host }: ServingFacts): string =>
  since === null ? `${side} serves users` : `${side} serves users since ${since}, switched by ${host}`;

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
