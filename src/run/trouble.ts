import type { AfterFailure } from "./after-failure.ts";
import { backoffMs } from "./backoff.ts";

type Passing = Extract<AfterFailure, { next: "again" }>;

/** Failures in a row of a group's work, none of which ends it. */
export interface Trouble {
  /** When the first of them happened. */
  readonly since: number;
  readonly failures: number;
  readonly last: Passing;
}

/** What a failure adds to those before it. */
export interface TroubleStep {
  readonly trouble: Trouble;
  /** The first one, or for another reason than the one before: worth a line in the log. */
  readonly isNews: boolean;
  readonly pauseMs: number;
}

/** A runner that stands by looks for the lock once a second. */
export const STANDBY_POLL_MS = 1_000;
const STANDBY_COMES_FIRST_MS = 1.5 * STANDBY_POLL_MS;

/**
 * The lock is given back before the pause. One that cannot work with the source although it has tried before lets a
 * standby look for the lock first: that one may be better placed.
 *
 * @param random from 0 to below 1.
 */
export function addFailure(
  before: Trouble | undefined,
  last: Passing,
  now: number,
  random: number,
): TroubleStep {
  const trouble = { since: before?.since ?? now, failures: (before?.failures ?? 0) + 1, last };
  const pause = backoffMs(trouble.failures, random);
  const mustYield = last.side === "source" && trouble.failures > 1;
  return {
    trouble,
    isNews: before?.last.reason !== last.reason,
    pauseMs: mustYield ? Math.max(pause, STANDBY_COMES_FIRST_MS) : pause,
  };
}
