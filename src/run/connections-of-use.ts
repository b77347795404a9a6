import { type ConnectionUses, fewestConnections } from "../config/fewest-connections.ts";

/** How many connections a run of a plan must have on a side, and how many it has work for. */
export interface ConnectionsOfUse {
  readonly least: number;
  readonly most: number;
}

/**
 * Each group of tables reads its journals and looks things up at the same time on the source, and on the target writes by
 * as many lanes as there are while it looks things up for what comes next; one more is for the locks of all groups, and
 * on the source for looks that only inform. With fewer than `most`, groups wait for one another.
 */
export function connectionsOfUse(
  side: "source" | "target",
  groups: number,
  uses: ConnectionUses,
): ConnectionsOfUse {
  const least = fewestConnections(side, uses).count;
  const reading = 2;
  const writing = uses.parallelism + 1;
  const perGroup = side === "source" ? reading : writing;
  return { least, most: Math.max(least, 1 + groups * (uses.wayBack ? reading + writing : perGroup)) };
}
