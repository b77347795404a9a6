/** What `status` prints for people, in lines that fit the terminal. Pure. */
import type { LastError } from "../state/runner.ts";
import type { ServingFacts } from "../status/serving-facts.ts";
import type { StatusReport } from "../status/status.ts";
import { pendingText, stateOf } from "../status/table-state.ts";
import type { RunnerFacts, TableStatus } from "../status/table-status.ts";
import type { TimeToDrain } from "../status/time-to-drain.ts";
import type { Verified } from "../status/verified.ts";
import { roughTime } from "../util/rough-time.ts";
import { wrap } from "../util/shorten.ts";
import { utcText } from "../util/utc-text.ts";
import { whole } from "../util/whole.ts";
import { formatTable } from "./output.ts";

const WIDE = 110;
/** Who else waits for what is not told in full: the JSON has all. */
const MOST_HOLDERS = 2;

/** When, who, every table, the verdict with its reasons, and what to do next. `width`: columns of the terminal; without one no line is broken. */
export function formatStatus(
  report: StatusReport,
  toDrain: (table: TableStatus) => TimeToDrain,
  width = Number.POSITIVE_INFINITY,
): string {
  const { tables, safeToSwitch, reasons, verified, serving, stale, next } = report;
  const isWide = width >= WIDE;
  const head = ["TABLE", "PENDING", "OLDEST", "RATE", "TO DRAIN", "STATE"];
  if (isWide) head.splice(5, 0, "CHECKPOINT");
  const row = (table: TableStatus): readonly string[] => [
    table.table,
    pendingText(table),
    table.lagSeconds === null ? "-" : roughTime(table.lagSeconds),
    table.appliedPerSecond === null ? "-" : `${whole(table.appliedPerSecond)}/s`,
    durationText(toDrain(table)),
    ...(isWide ? [table.checkpoint ?? "-"] : []),
    isWide ? stateOf(table).words : stateOf(table).short,
  ];
  const say = (text: string, indent = "  "): readonly string[] => wrap(text, width, indent);
  return [
    ...headLines(report).flatMap((line) => say(line)),
    "",
    formatTable(head, tables.map(row)),
    "",
    `safe to switch: ${safeToSwitch ? "yes" : "no"}`,
    ...reasons.flatMap((reason) => say(`  - ${reason}`, "    ")),
    ...tables.flatMap((table) => say(waitText(table))).filter((line) => line !== ""),
    ...tables.filter(({ dropped }) => dropped > 0).flatMap((table) => say(droppedText(table))),
    // Ages go on while nobody looks: those of a stale report would be wrong.
    ...(stale ? [] : verified.flatMap((one) => say(verifiedText(one)))),
    ...(stale || serving === undefined ? [] : say(servingText(serving))),
    ...say(`next: ${next}`),
  ].join("\n");
}

function headLines({ at, direction, phase, tables }: StatusReport): readonly string[] {
  const way = direction === "forward" ? "from blue to green" : "from green to blue";
  const runners = new Map(
    tables.flatMap(({ runner }) => (runner === null ? [] : [[`${runner.pid}@${runner.host}`, runner]])),
  );
  const who = [...runners].map(([name, runner]) => runnerText(name, runner));
  const errors = new Set(
    tables.flatMap(({ lastError }) => (lastError === null ? [] : [errorText(lastError)])),
  );
  return [
    `seen ${utcText(at)}, ${way}; phase: ${phase ?? "not prepared"}`,
    ...(who.length === 0 ? ["run by: nobody"] : who),
    ...errors,
  ];
}

/** A runner at work says every ten seconds that it moves. */
const runnerText = (name: string, { since, movedSecondsAgo }: RunnerFacts): string =>
  `run by: ${name}${since === null ? "" : ` since ${utcText(since)}`}, moved ${roughTime(movedSecondsAgo)} ago`;

/** What has failed since he began; he goes on by himself. */
const errorText = ({ at, code, reason }: LastError): string =>
  `last error: ${utcText(at)}, ${reason} [${code}], tried again`;

/** Whom it waits for, where a transaction or another table is in the way. */
function waitText({ table, openHole, holders, waitsFor }: TableStatus): string {
  if (openHole === null) return waitsFor.length === 0 ? "" : `${table} waits for ${waitsFor.join(", ")}`;
  const who = holders.map(({ holder, user, ageSeconds }) =>
    [
      holder,
      ...(user === undefined ? [] : [user]),
      ...(ageSeconds === undefined ? [] : [`for ${roughTime(ageSeconds)}`]),
    ].join(" "),
  );
  if (who.length === 0) return "";
  const more = who.length > MOST_HOLDERS ? [`and ${who.length - MOST_HOLDERS} more`] : [];
  return `${table}: position ${openHole.first} is held by ${[...who.slice(0, MOST_HOLDERS), ...more].join(", ")}`;
}

/** No reason not to switch: the policy says that the target keeps its own rows. */
const droppedText = ({ table, dropped }: TableStatus): string =>
  `${table}: ${dropped} changes were dropped, as conflictPolicy=keep-target says`;

const durationText = (time: TimeToDrain): string =>
  typeof time === "number" ? roughTime(time) : (time ?? "-");

const verifiedText = ({ schema, result, secondsAgo }: Verified): string =>
  secondsAgo === null
    ? `verified: ${schema}: not yet`
    : `verified: ${schema}: ${result}, ${roughTime(secondsAgo)} ago`;

const servingText = ({ side, since, host }: ServingFacts): string =>
  since === null ? `${side} serves users` : `${side} serves users since ${since}, switched by ${host}`;
