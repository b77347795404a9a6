import { asRefusal } from "../apply/as-refusal.ts";
import type { Dialect } from "../contract/dialect.ts";
import { classifyAtOrigin } from "../contract/origin.ts";
import { isPassing } from "../dialect/is-passing.ts";
import { SyncError } from "../errors.ts";
import { sleep } from "../util/sleep.ts";
import { backoffMs } from "./backoff.ts";
import { driverFailure } from "./driver-failure.ts";

export interface Attempts {
  /** The target, whose transaction it is. */
  readonly dialect: Dialect;
  readonly table: string;
  /** What failed when it is given up, a sentence without its end: "T could not be repaired". */
  readonly what: string;
  readonly signal: AbortSignal;
}

/** With the pauses between them about a minute: as long as a server takes to fail over. */
const MAX_ATTEMPTS = 15;

/**
 * Does a transaction again after a deadlock, a lock that was waited for too long or a server that fails over, up to 15
 * times. What the target refuses, and what passes and did not in time, is thrown as
 * the driver gave it; the rest as a SyncError.
 */
export async function inAttempts<T>(
  { dialect, table, what, signal }: Attempts,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (asRefusal(dialect, error) !== undefined) throw error;
      const passing = !(error instanceof SyncError) && isPassing(classifyAtOrigin(error, dialect).class);
      if (!passing) throw driverFailure(dialect, error, what, table);
      // The command tells it as what it is: a server that does not answer, or the end of its time.
      if (signal.aborted || attempt >= MAX_ATTEMPTS) throw error;
      await sleep(backoffMs(attempt, Math.random()), signal);
    }
  }
}
