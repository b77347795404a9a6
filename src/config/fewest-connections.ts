/** The fewest connections that the pool of a side must have, and what each is for. */
export interface FewestConnections {
  readonly count: number;
  /** For people, as a clause. */
  readonly purpose: string;
}

/** Where a pool has no maxActive of its own, it may have so many connections, or more where more are needed. */
export const DEFAULT_MAX_ACTIVE = 10;

/**
 * With fewer a command would wait for itself: it holds a lock, or a transaction, while it asks for something else. What
 * further groups of tables and lanes want beyond that they can wait for.
 */
export function fewestConnections(side: "source" | "target", parallelism: number): FewestConnections {
  if (side === "source")
    return { count: 3, purpose: "one that reads the journals, one for look-ups, one for a lock" };
  return {
    count: parallelism + 2,
    purpose: `${parallelism === 1 ? "one that writes" : `${parallelism} that write`} (parallelism=${parallelism}), one for look-ups, one for the locks`,
  };
}
