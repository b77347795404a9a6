/** How fast rows may be taken, and whether any may at the moment. Asked where no transaction is open and no lock is held. */
import { type Clock, monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import { newBucket, takeRows } from "./token-bucket.ts";

export interface Pace {
  /** Rows that should be taken at a time at most: what a second may have; Infinity without a limit. */
  readonly mostRows: number;
  /**
   * Returns when so many rows may be taken, or as soon as the signal is aborted. Of a wait, `meanwhile` is called about every
   * second; what it throws ends the wait.
   */
  spend(rows: number, signal: AbortSignal, meanwhile?: () => Promise<void>): Promise<void>;
}

/** Nothing is held back. */
export const FREE_PACE: Pace = { mostRows: Number.POSITIVE_INFINITY, spend: async () => undefined };

/** Longest wait without a look at anything else. */
export const WAIT_MS = 1_000;

/** Keeps all who spend from it together below a rate. Without one nothing is held back. */
export function createPace(
  rowsPerSecond: number | undefined,
  now: Clock = monotonic,
  wait: (ms: number, signal: AbortSignal) => Promise<void> = sleep,
): Pace {
  if (rowsPerSecond === undefined) return FREE_PACE;
  let bucket = newBucket(rowsPerSecond);
  return {
    mostRows: rowsPerSecond,
    async spend(rows, signal, meanwhile) {
      const taken = takeRows(bucket, rows, now());
      bucket = taken.bucket;
      const until = now() + taken.waitMs;
      for (let left = taken.waitMs; left > 0 && !signal.aborted; left = until - now()) {
        await wait(Math.min(left, WAIT_MS), signal);
        if (left > WAIT_MS) await meanwhile?.();
      }
    },
  };
}
