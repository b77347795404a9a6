/** What a table is doing, in a few words: the same ones wherever it is shown. */
import { whole } from "../util/whole.ts";
import { STILL_SECONDS } from "./arrival.ts";
import type { TableStatus } from "./table-status.ts";

export interface TableState {
  readonly words: string;
  /** The same in at most eight characters. */
  readonly short: string;
  /** How much of a person it wants: 2 at once, 1 some time, 0 nothing. */
  readonly wants: 0 | 1 | 2;
}

const state = (words: string, short: string, wants: TableState["wants"]): TableState => ({
  words,
  short,
  wants,
});

const STOPPED = state("stopped", "stopped", 2);
const NOT_CAPTURED = state("not captured", "no trig.", 2);
const GAP = state("changes may be missing", "gap", 2);
const NOT_COPIED = state("copied in part", "part", 1);
const COPYING = state("is being copied", "copying", 1);
const HELD = state("held back", "held", 1);
const HOLE = state("waits for a transaction", "waits", 1);
const LETTERS = state("dead letters", "letters", 1);
const NO_RUNNER = state("nobody applies", "nobody", 1);
const BEGINS = state("the run begins", "begins", 0);
const PARENTS = state("waits for its parents", "parents", 0);
const RUNNING = state("running", "running", 0);
const IN_STEP = state("in step", "in step", 0);

/** `begins`: a run that has just been started may be about to say that it works on the table. */
export function stateOf(table: TableStatus, begins = false): TableState {
  const { stopped, captured, gap, openHole, deadLetters, pending, runner, throttle, copy, waitsFor } = table;
  if (stopped !== null) return STOPPED;
  if (!captured) return NOT_CAPTURED;
  if (gap !== null) return GAP;
  if (throttle !== null) return HELD;
  if (openHole !== null) return HOLE;
  if (deadLetters > 0) return LETTERS;
  if (copy !== null && (pending ?? 0) === 0) return copy.rowsPerSecond === null ? NOT_COPIED : COPYING;
  if (pending === null || pending === 0) return IN_STEP;
  if (begins) return BEGINS;
  if (runner === null || runner.movedSecondsAgo > STILL_SECONDS) return NO_RUNNER;
  return waitsFor.length > 0 ? PARENTS : RUNNING;
}

/** "1,234", "~100,000" where it is an estimate, "-" where it is not known. */
export const pendingText = ({ pending, pendingIsEstimate }: TableStatus): string =>
  pending === null ? "-" : `${pendingIsEstimate ? "~" : ""}${whole(pending)}`;
