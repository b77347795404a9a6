/** What the doctor is asked, from the configuration. */
import type { SyncConfig } from "../config/sync-config.ts";
import type { Direction } from "../contract/direction.ts";
import type { DoctorRequest } from "../doctor/doctor-context.ts";

/** All but the tables. On the way back green is the source. */
export function doctorRequest(
  config: SyncConfig,
  pair: SyncConfig["schemas"][number],
  direction: Direction = "forward",
): Omit<DoctorRequest, "tables"> {
  const [source, target] = direction === "back" ? [pair.target, pair.source] : [pair.source, pair.target];
  return {
    schema: pair.name,
    direction,
    sourceVersion: config.sourceVersion,
    targetVersion: config.targetVersion,
    source: source.settings,
    target: target.settings,
    parallelism: config.parallelism,
    wayBack: config.wayBack,
    // They are the same both ways, and named by the side that the configuration gives them.
    ...(direction === "back" ? {} : { throttleQuery: config.throttleQuery }),
  };
}
