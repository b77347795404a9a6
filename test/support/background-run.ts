import type { Database } from "../../src/db/database.ts";
import type { HolderFacts, Hole } from "../../src/dialect/dialect.ts";
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
  /** Ends the runner; rejects when it failed. */
  stop(): Promise<void>;
}

/** Runs in the background until stopped. */
export function startRun(
  pair: BlueGreen,
  options: { readonly batchSize?: number; readonly sourceDb?: Database } = {},
): BackgroundRun {
  const ended = new AbortController();
  const reports: Blocked[] = [];
  let failure: unknown;
  const done = pair
    .run({
      ...options,
      until: "stopped",
      signal: ended.signal,
      events: {
        blocked: (table, hole, seconds, holders) => reports.push({ table, hole, seconds, holders }),
      },
    })
    .catch((error: unknown) => {
      failure = error;
    });
  return {
    blocked: () =>
      waitFor(
        () => {
          if (failure !== undefined) throw failure;
          return reports[0];
        },
        { what: "the runner to report an open hole" },
      ),
    async stop() {
      ended.abort();
      await done;
      if (failure !== undefined) throw failure;
    },
  };
}
