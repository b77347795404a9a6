import type { Dialect, HolderFacts, Hole } from "../../src/contract/dialect.ts";
import type { Database } from "../../src/db/database.ts";
import type { BlueGreen } from "./blue-green.ts";
import { waitFor } from "./wait-for.ts";

export interface Blocked {
  readonly table: string;
  readonly hole: Hole;
  readonly seconds: number;
  readonly holders: readonly HolderFacts[];
}

export interface BackgroundRun {
  /** Waits until the runner reports a hole that is still open. */
  blocked(): Promise<Blocked>;
  /** Waits until the runner has applied something, found nothing to do, or stands by. */
  started(): Promise<void>;
  /** Throws when the runner has failed. */
  check(): void;
  /** Waits until the runner has failed for good, and gives why. */
  failed(): Promise<unknown>;
  /** Codes of the failures after which it went on. */
  readonly retried: readonly string[];
  /** Ends the runner; rejects when it failed. */
  stop(): Promise<void>;
}

/** Runs in the background until stopped. */
export function startRun(
  pair: BlueGreen,
  options: {
    readonly batchSize?: number;
    readonly sourceDb?: Database;
    readonly targetDialect?: Dialect;
    readonly captureLookMs?: number;
  } = {},
): BackgroundRun {
  const ended = new AbortController();
  const reports: Blocked[] = [];
  const retried: string[] = [];
  let isStarted = false;
  const start = (): void => {
    isStarted = true;
  };
  let failure: unknown;
  const done = pair
    .run({
      ...options,
      until: "stopped",
      signal: ended.signal,
      events: {
        blocked: (table, hole, seconds, holders) => reports.push({ table, hole, seconds, holders }),
        batch: start,
        idle: start,
        standby: start,
        retrying: (_group, _reason, code) => retried.push(code),
      },
    })
    .catch((error: unknown) => {
      failure = error;
    });
  const check = (): void => {
    if (failure !== undefined) throw failure;
  };
  return {
    async started() {
      await waitFor(
        () => {
          check();
          return isStarted;
        },
        { what: "the runner to begin" },
      );
    },
    check,
    failed: () => waitFor(() => failure, { what: "the runner to fail" }),
    retried,
    blocked: () =>
      waitFor(
        () => {
          check();
          return reports[0];
        },
        { what: "the runner to report an open hole" },
      ),
    async stop() {
      ended.abort();
      await done;
      check();
    },
  };
}
