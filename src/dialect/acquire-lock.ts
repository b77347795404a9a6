import type { Dialect } from "../contract/dialect.ts";
import type { Database } from "../db/database.ts";

/** One lock on a connection of its own. */
export interface Lock {
  /** Whether the server still holds it for us. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/** Takes a lock that dies with its connection; undefined when somebody else holds it. */
export async function acquireLock(dialect: Dialect, db: Database, name: string): Promise<Lock | undefined> {
  const session = await dialect.openLocks(db);
  let isTaken = false;
  try {
    isTaken = await session.take(name);
  } finally {
    if (!isTaken) await session.close();
  }
  if (!isTaken) return undefined;
  return {
    isHeld: async () => (await session.held([name])).has(name),
    release: () => session.close(),
  };
}
