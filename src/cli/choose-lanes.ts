import { shareOf } from "../config/fewest-connections.ts";
import { MAX_CHANGES_AT_ONCE } from "../config/load.ts";
import { lanesFor, measureRoundTrip } from "../run/lanes-by-round-trip.ts";
import type { Context, SchemaContext } from "./context.ts";

/** The lanes of each table of a schema: what the configuration says, or what pays over the network to its target. */
export async function chooseLanes(
  { config, log }: Pick<Context, "config" | "log">,
  { name, target, plan }: SchemaContext,
): Promise<number> {
  if (!config.autoParallelism) return config.parallelism;
  const roundTripMs = await measureRoundTrip(target, plan);
  const parallelism = lanesFor(roundTripMs, {
    connections: shareOf("target", target.datasource.settings.pool.max, config),
    most: Math.floor(MAX_CHANGES_AT_ONCE / config.batchSize),
  });
  log.info(
    { schema: name, parallelism, roundTripMs: Math.round(roundTripMs * 100) / 100 },
    "parallelism=auto: lanes of each table, by the round trip to the target",
  );
  return parallelism;
}
