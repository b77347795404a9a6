/** What a run would have seen, for what only shows it. */

import type { StatusReport } from "../../../src/status/status.ts";
import type { TableStatus } from "../../../src/status/table-status.ts";
import { createTally, type Tally } from "../../../src/status/tally.ts";
import { startWatch, type Watch } from "../../../src/status/watch.ts";
import { tableStatus } from "../../support/table-status.ts";

export const table = (about: Partial<TableStatus> = {}): TableStatus =>
  tableStatus({
    table: "IDN_OAUTH2_ACCESS_TOKEN",
    group: "TOKENS",
    checkpoint: "7",
    runner: { host: "sync1", pid: 4711, since: null, movedSecondsAgo: 3 },
    appliedPerSecond: 0,
    ...about,
  });

export const report = (about: Partial<StatusReport> = {}): StatusReport => ({
  at: "2026-01-31T23:59:59.123Z",
  stale: false,
  direction: "forward",
  phase: "running",
  next: "wait",
  tables: [table()],
  safeToSwitch: true,
  reasons: [],
  verified: [{ schema: "identity", result: "equal", secondsAgo: 60 }],
  ...about,
});

export interface Watched {
  readonly watch: Watch;
  readonly tally: Tally;
  /** Looks once more, and waits until it is taken in. */
  look(next: StatusReport): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A watch whose looks are given: nothing is asked but what `look` says. `now` is the clock of the looks, in ms; the run began so
 * many seconds before the first.
 */
export async function watched(
  first: StatusReport,
  now: () => number = () => performance.now(),
  runsForSeconds = 3_600,
): Promise<Watched> {
  const ended = new AbortController();
  let give: ((report: StatusReport) => void) | undefined;
  let next = Promise.resolve(first);
  const tally = createTally();
  const watch = startWatch(
    {
      look: async () => {
        const seen = await next;
        next = new Promise((resolve) => {
          give = resolve;
        });
        return seen;
      },
      tally,
      everyMs: 1,
      beganMs: now() - runsForSeconds * 1_000,
      signal: ended.signal,
      onFailure: (error) => {
        throw error;
      },
    },
    now,
  );
  const taken = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = watch.onLook(() => {
        stop();
        resolve();
      });
    });
  await taken();
  return {
    watch,
    tally,
    async look(seen) {
      const done = taken();
      // The look that waits for it may have still to begin.
      while (give === undefined) await new Promise((resolve) => setImmediate(resolve));
      give(seen);
      give = undefined;
      await done;
    },
    async stop() {
      ended.abort();
      give?.(first);
      await watch.done;
    },
  };
}
