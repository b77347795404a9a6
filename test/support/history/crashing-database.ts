import type { Database, Queryable } from "../../../src/db/database.ts";

/** A failure of the runner at one of its transactions on the target, counted from 1 over all its lives. */
export interface Crash {
  readonly transaction: number;
  readonly where: "before it begins" | "before commit" | "after commit" | "connection cut";
}

/** What a crashed runner dies of. */
export const CRASH = new Error("the test ends this runner");

export interface CrashingDatabase extends Database {
  /** Dead until revived: nothing that the runner had under way reaches the database any more. */
  revive(): void;
}

/**
 * A target that fails as a process ended by `kill -9` would: work under way is rolled back, work that was committed
 * stays without the runner knowing it, and afterwards nothing works. `cut` ends the connection of a transaction on the
 * server, which the runner is to overcome alive.
 */
export function crashingDatabase(
  db: Database,
  crashes: readonly Crash[],
  cut: (tx: Queryable) => Promise<void>,
  onCrash: () => void,
): CrashingDatabase {
  let count = 0;
  let dead = false;
  const die = (): never => {
    dead = true;
    onCrash();
    throw CRASH;
  };
  const alive = (): void => {
    if (dead) throw CRASH;
  };
  const transaction: Database["transaction"] = async (work) => {
    alive();
    count += 1;
    const where = crashes.find((crash) => crash.transaction === count)?.where;
    if (where === "before it begins") return die();
    const result = await db.transaction(async (tx) => {
      if (where === "connection cut") await cut(tx);
      const done = await work(tx);
      alive();
      if (where === "before commit") die();
      return done;
    });
    if (where === "after commit") die();
    return result;
  };
  return {
    ...db,
    revive: () => {
      dead = false;
    },
    transaction,
    // A batch in one statement is a transaction as well.
    query: (sql, params) =>
      sql.startsWith("WITH moved") ? transaction((tx) => tx.query(sql, params)) : db.query(sql, params),
  };
}
