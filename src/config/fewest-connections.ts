/** The fewest connections that the pool of a side must have, and what each is for. */
export interface FewestConnections {
  readonly count: number;
  /** For people, as a clause. */
  readonly purpose: string;
}

/** What the configuration has the pools do. */
export interface ConnectionUses {
  readonly parallelism: number;
  /** Each side is written to, and read from, at the same time; default false. */
  readonly wayBack?: boolean;
}

/** Where a pool has no maxActive of its own, it may have so many connections, or more where more are needed. */
export const DEFAULT_MAX_ACTIVE = 10;

/**
 * With fewer a command would wait for itself: it holds a lock, or a transaction, while it asks for something else. What
 * further groups of tables and lanes want beyond that they can wait for.
 */
export function fewestConnections(
  side: "source" | "target",
  { parallelism, wayBack = false }: ConnectionUses,
): FewestConnections {
  const writers = parallelism === 1 ? "one that writes" : `${parallelism} that write`;
  const writing = `${writers} (parallelism=${parallelism}), one for look-ups, one for the locks`;
  const reading = "one that reads the journals, one for look-ups, one for a lock";
  if (wayBack)
    return {
      count: 3 + parallelism + 2,
      purpose: `for either direction of wayBack=true: ${reading}; ${writing}`,
    };
  return side === "source" ? { count: 3, purpose: reading } : { count: parallelism + 2, purpose: writing };
}

/**
 * How many of a database's connections the pool of this side may have. With a way back each database is the source of one
 * direction and the target of the other, and has a pool for either.
 */
export function shareOf(side: "source" | "target", max: number, uses: ConnectionUses): number {
  if (!uses.wayBack) return max;
  const target = Math.max(
    fewestConnections("target", { parallelism: uses.parallelism }).count,
    Math.min(Math.floor(max / 2), max - fewestConnections("source", { parallelism: 1 }).count),
  );
  return side === "target" ? target : max - target;
}
