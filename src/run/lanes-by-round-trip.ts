import { readLanes } from "../checkpoint/checkpoint.ts";
import type { Side } from "../contract/side.ts";
import { planTables, type SyncPlan } from "../contract/sync-plan.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

/** Statements that are timed; the quickest counts, since whatever else the server does only adds to it. */
const STATEMENTS = 7;

/**
 * How many lanes pay over a network: below two milliseconds one keeps a server busy, and more would only share its cores
 * (`lanes` and `round-trip` of test/bench). `connections`: what the target's pool may have, of which look-ups and locks need two.
 * `most`: what the batches leave room for.
 */
export function lanesFor(
  roundTripMs: number,
  { connections, most }: { readonly connections: number; readonly most: number },
): number {
  const paying = roundTripMs < 2 ? 1 : roundTripMs < 4 ? 2 : 4;
  return Math.max(1, Math.min(paying, connections - 2, most));
}

/** Milliseconds to a prepared target and back, by the checkpoint of one of its tables, which has a row for each lane. Throws the driver's error. */
export async function measureRoundTrip(
  { db, dialect }: Side,
  plan: SyncPlan,
  clock: Clock = monotonic,
): Promise<number> {
  const [table] = planTables(plan);
  if (table === undefined) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < STATEMENTS; i++) {
    const began = clock();
    await readLanes(db, dialect, table.targetNames.checkpoint);
    least = Math.min(least, clock() - began);
  }
  return least;
}
