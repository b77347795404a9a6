/** Looks at where every table stands, again and again, also while servers come and go. */
import { readServingFacts } from "../status/serving-facts.ts";
import { openSnapshots } from "../status/snapshot.ts";
import { type StatusReport, statusReport } from "../status/status.ts";
import type { StatusRequest } from "../status/table-status.ts";
import type { Look } from "../status/time-to-drain.ts";
import { monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import { afterFailure } from "./after-failure.ts";

export interface LookOptions {
  readonly schemas: readonly StatusRequest[];
  /** The same schemas the other way round: looked at instead while green serves users. Default: none. */
  readonly back?: readonly StatusRequest[];
  readonly hasWayBack: boolean;
  /** Waits once for what only time can decide; otherwise evidence of earlier looks counts. */
  readonly isDecided: boolean;
  readonly signal: AbortSignal;
}

/** Without an answer for so long, what was seen is marked as what it is. */
const PATIENCE_MS = 5_000;

/**
 * Gives a function that looks. Given the last report that was not stale, it gives that one again, marked as stale, while the
 * servers do not answer or have gone for a while. One look is under way at a time.
 */
export function createLook(options: LookOptions): (last: Look | undefined) => Promise<StatusReport> {
  const { schemas, back = [], hasWayBack, isDecided, signal } = options;
  const snapshots = openSnapshots(schemas);
  const backSnapshots = openSnapshots(back);
  let pending: Promise<StatusReport> | undefined;
  const lookAtAll = async (): Promise<StatusReport> => {
    const [first] = schemas;
    const serving = hasWayBack && first !== undefined ? await readServingFacts(first) : undefined;
    const looked = back.length > 0 && serving?.side === "green" ? backSnapshots : snapshots;
    return statusReport(await (isDecided ? looked.takeDecided(signal) : looked.take()), serving);
  };
  return async (last) => {
    pending ??= lookAtAll().finally(() => {
      pending = undefined;
    });
    if (last === undefined) return await pending;
    const { report, atMs } = last;
    const staleFor = (reason: string): StatusReport => stale(report, reason, monotonic() - atMs);
    const stopWaiting = new AbortController();
    try {
      return await Promise.race([
        pending,
        sleep(PATIENCE_MS, AbortSignal.any([signal, stopWaiting.signal])).then(() => staleFor("no answer")),
      ]);
    } catch (error) {
      const after = afterFailure("", error);
      if (after.next === "stop") throw error;
      return staleFor(after.reason);
    } finally {
      stopWaiting.abort();
    }
  };
}

/** Never safe: nobody knows what has happened since. */
function stale(last: StatusReport, reason: string, ageMs: number): StatusReport {
  const why = `stale: ${reason}; what stands above was seen ${Math.round(ageMs / 1000)} s ago`;
  return {
    ...last,
    stale: true,
    safeToSwitch: false,
    reasons: [why],
    next: "see why a server does not answer",
  };
}
