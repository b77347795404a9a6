import type { Patience } from "../capture/retry-while-busy.ts";
import { KEY, type Log } from "../log.ts";
import { monotonic } from "../util/monotonic.ts";

/** An attempt that does not wait is made many times a second: not each of them is told. */
const TELL_EVERY_MS = 10_000;

/** Logs now and then that DDL is tried again, why, who is in the way, and for how long yet. */
export function logBusyTables(log: Log): NonNullable<Patience["onBusy"]> {
  const toldAt = new Map<string, number>();
  return ({ table, name }, { attempt, reason, holders, secondsLeft }) => {
    if (monotonic() - (toldAt.get(name) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY_MS) return;
    toldAt.set(name, monotonic());
    log.warn(
      {
        [KEY.object]: name,
        [KEY.table]: table,
        [KEY.attempts]: attempt,
        [KEY.reason]: reason,
        [KEY.holders]: holders,
        [KEY.secondsLeft]: secondsLeft,
      },
      "table is busy, trying again",
    );
  };
}
