import { type Clock, monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";

/** Holds a stream of rows below a rate. */
export interface Pace {
  /** Told how many rows were read; waits as long as the rate demands. */
  spend(rows: number): Promise<void>;
}

/** Without a rate nothing is held back. An idle time is not made up for later. */
export function createPace(
  maxRowsPerSecond: number | undefined,
  signal: AbortSignal,
  now: Clock = monotonic,
  wait: (ms: number, signal: AbortSignal) => Promise<void> = sleep,
): Pace {
  if (maxRowsPerSecond === undefined) return { spend: async () => undefined };
  let freeAt = 0;
  return {
    async spend(rows) {
      freeAt = Math.max(freeAt, now()) + (rows / maxRowsPerSecond) * 1_000;
      const ms = freeAt - now();
      if (ms > 0) await wait(ms, signal);
    },
  };
}
