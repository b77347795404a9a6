/** What `run` shows at the bottom of a terminal: lines made of what was seen last, none wider than the terminal. Pure. */
import type { LastError } from "../state/runner.ts";
import { STILL_SECONDS } from "../status/arrival.ts";
import { pendingText, stateOf } from "../status/table-state.ts";
import type { RunnerFacts, TableStatus } from "../status/table-status.ts";
import type { TimeToDrain } from "../status/time-to-drain.ts";
import type { View } from "../status/watch.ts";
import { roughTime } from "../util/rough-time.ts";
import { firstThatFits, shorten } from "../util/shorten.ts";
import { whole } from "../util/whole.ts";

export interface Screen {
  /** Columns and rows of the terminal. */
  readonly width: number;
  readonly height: number;
  /** Who looks: another runner that is at work makes this one a standby. */
  readonly self: { readonly host: string; readonly pid: number };
}

/** Lines that the log keeps of the screen. */
const LOG_ROWS = 8;
const MOST_LINES = 12;
const MIN_WIDTH = 20;
/** Fewer lines than these are for the tables alone. */
const ROOM_FOR_ERROR = 4;

/** Where all that runs stands, then the tables, the one that wants most first, and what has failed last. */
export function runScreen(view: View | undefined, screen: Screen): readonly string[] {
  // The last column stays free: a terminal goes on to the next line after it.
  const width = Math.max(MIN_WIDTH, screen.width - 1);
  if (view === undefined) return [shorten("taking the first look at both databases", width)];
  const all = Math.max(2, Math.min(MOST_LINES, screen.height - LOG_ROWS));
  const error = all < ROOM_FOR_ERROR ? [] : errorLine(view, width);
  const most = all - error.length;
  const lines = [headLine(view, screen, width)];
  const wants = (table: TableStatus): number => stateOf(table, view.begins(table)).wants;
  const tables = [...view.report.tables].sort(
    (one, other) => wants(other) - wants(one) || (other.pending ?? 0) - (one.pending ?? 0),
  );
  for (const [i, table] of tables.entries()) {
    const own = tableLines(view, table, width);
    const left = tables.length - i;
    if (lines.length + own.length > (left > 1 ? most - 1 : most)) {
      lines.push(shorten(moreText(tables.slice(i)), width));
      break;
    }
    lines.push(...own);
  }
  return [...lines, ...error];
}

/** The last failure that a runner has tried again; how many others there were, the log tells. */
function errorLine({ report }: View, width: number): readonly string[] {
  const [last] = report.tables
    .flatMap(({ lastError }) => lastError ?? [])
    .sort((one, other) => (one.at < other.at ? 1 : -1));
  return last === undefined ? [] : [firstThatFits(errorTexts(last, report.at), width)];
}

function errorTexts({ at, code, reason }: LastError, seenAt: string): readonly string[] {
  const when = `last error ${clockTime(at, seenAt)}`;
  const failed = `${when}, tried again: ${reason}`;
  return [`${failed} [${code}]`, failed, `${when}: ${reason}`];
}

function moreText(tables: readonly TableStatus[]): string {
  const pending = tables.reduce((sum, one) => sum + (one.pending ?? 0), 0);
  const what = pending === 0 ? "nothing pending" : `${whole(pending)} pending`;
  return `and ${tables.length} more table${tables.length === 1 ? "" : "s"}, ${what}`;
}

function headLine(view: View, screen: Screen, width: number): string {
  const { report } = view;
  if (report.stale) {
    const why = report.reasons[0]?.replace(/^stale: /, "").replace(/; what stands .*$/, "") ?? "no answer";
    const since = `DOWN since ${clockTime(report.at)}`;
    return firstThatFits([`${since}, below is what was seen then: ${why}`, `${since}: ${why}`], width);
  }
  const { tables } = report;
  const pending = tables.reduce((sum, one) => sum + (one.pending ?? 0), 0);
  const most = tables.reduce((sum, one) => sum + view.most(one), 0);
  const perSecond = rateOf(tables);
  const about = tables.some((one) => one.pendingIsEstimate) ? "~" : "";
  const state = runState(view, screen.self);
  if (pending === 0) return shorten(`${state}: nothing pending`, width);
  const rest = [
    `${about}${whole(pending)} pending`,
    `${percent(pending, most)} done`,
    ...(perSecond === null ? [] : [rateText(perSecond)]),
    view.allToDrain === "grows" ? "grows" : `${timeText(view.allToDrain)} left`,
  ];
  // Said from the left as far as there is room, in whole figures.
  return firstThatFits(
    [rest.length, 3, 2, 1, 0].map((n) => [`${state}:`, rest.slice(0, n).join(", ")].join(" ").trimEnd()),
    width,
  );
}

/** What is to be known first of the whole run. */
function runState({ report, begins, ageSeconds }: View, self: Screen["self"]): string {
  const { tables } = report;
  if (tables.some(({ stopped }) => stopped !== null)) return "STOPPED";
  if (tables.some(({ throttle }) => throttle !== null)) return "held back";
  const others = tables.filter(
    ({ runner }) => runner !== null && (runner.pid !== self.pid || runner.host !== self.host),
  );
  const other = others.find((one) => !begins(one))?.runner ?? undefined;
  if (other !== undefined) return `standby, ${standbyText(other)}`;
  if (tables.every(begins)) {
    const before = others[0]?.runner ?? undefined;
    if (before === undefined) return "the run begins";
    // He has ended without a word, or goes on: the lock will tell.
    return `the run begins, ${before.pid}@${before.host} moved ${roughTime(before.movedSecondsAgo + ageSeconds)} ago`;
  }
  const isWaiting = tables.some(({ openHole }) => openHole !== null);
  return isWaiting ? "waiting for a transaction" : "running";
}

const standbyText = ({ pid, host, movedSecondsAgo }: RunnerFacts): string =>
  movedSecondsAgo > STILL_SECONDS
    ? `${pid}@${host} has not moved for ${roughTime(movedSecondsAgo)}`
    : `${pid}@${host} is at work`;

/** The longest name of WSO2's own tables. */
const NAME = 29;

/** A line of figures, and one of words where the state wants them. */
function tableLines(view: View, table: TableStatus, width: number): readonly string[] {
  const { pending } = table;
  const state = stateOf(table, view.begins(table));
  const isWide = width >= 110;
  const barWidth = isWide ? 24 : 5;
  const done = pending === null ? 0 : share(pending, view.most(table));
  const name = shorten(table.table, NAME).padEnd(NAME);
  const left = pendingText(table);
  const time = pending === 0 ? "" : timeText(view.toDrain(table));
  const bar = `[${"#".repeat(Math.floor(done * barWidth)).padEnd(barWidth, ".")}]`;
  const figures = [percent(pending ?? 1, view.most(table)).padStart(5), left.padStart(9)];
  const rate = rateText(table.appliedPerSecond).padStart(8);
  const words = isWide ? state.words : state.short;
  const line = firstThatFits(
    [
      [name, bar, ...figures, rate, time.padStart(7), words],
      [name, ...figures, rate, time.padStart(7), words],
      [name, ...figures, words],
      [name.trimEnd(), left, words],
      [left, words],
    ].map((parts) => parts.join(" ").trimEnd()),
    width,
  );
  const detail = detailOf(view, table);
  return detail === "" ? [line] : [line, shorten(`  ${detail}`, width)];
}

/** Whom or what it waits for. */
function detailOf({ holeSeconds, report }: View, table: TableStatus): string {
  const { stopped, throttle, openHole, holders, waitsFor, deadLetters, gap, pending } = table;
  if (stopped !== null) return `stopped: ${stopped.why} [${stopped.code}]`;
  if (gap !== null) return gap;
  if (throttle !== null) return `held back since ${clockTime(throttle.since, report.at)}: ${throttle.reason}`;
  if (openHole !== null) {
    const who = holders.map(({ holder, user }) => (user === undefined ? holder : `${holder} (${user})`));
    const names = who.length === 0 ? "" : `: ${who.join(", ")}`;
    return `waits ${roughTime(holeSeconds(table))} for a transaction on the source${names}`;
  }
  if (deadLetters > 0) return `${whole(deadLetters)} dead letters: sync-tool dead-letters list`;
  if (pending !== null && pending > 0 && waitsFor.length > 0) return `waits for ${waitsFor.join(", ")}`;
  return "";
}

const share = (pending: number, most: number): number =>
  pending === 0 ? 1 : most === 0 ? 0 : Math.max(0, 1 - pending / most);

/** Never 100 before the end. */
const percent = (pending: number, most: number): string =>
  `${pending === 0 ? 100 : Math.min(99, Math.floor(share(pending, most) * 100))} %`;

/** Of all that have one; null where none has. */
function rateOf(tables: readonly TableStatus[]): number | null {
  const rates = tables.flatMap(({ appliedPerSecond }) => appliedPerSecond ?? []);
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
}

const rateText = (perSecond: number | null): string => {
  if (perSecond === null) return "-";
  return perSecond > 0 && perSecond < 10 ? `${perSecond.toFixed(1)}/s` : `${whole(perSecond)}/s`;
};

/** "grows" where more comes in than is applied, "?" where it is not known. */
const timeText = (time: TimeToDrain): string => (typeof time === "number" ? roughTime(time) : (time ?? "?"));

/** The time of day of an instant in UTC, as in the log; with its day where that is another than the one of `seenAt`. */
const clockTime = (at: string, seenAt = at): string =>
  `${at.slice(0, 10) === seenAt.slice(0, 10) ? "" : `${at.slice(0, 10)} `}${at.slice(11, 19)} UTC`;
