import type { Database, Queryable } from "../../../src/db/database.ts";

/** What goes wrong at a statement on the target, counted from 1 in each life of the runner. */
export interface Failure {
  readonly at: number;
  /** "deadlock": the transaction fails and is tried again. "crash": nothing is sent any more, not even this statement. */
  readonly how: "deadlock" | "crash" | "crash after";
}

/** What a crashed runner dies of. */
export const CRASH = new Error("the test ends this runner");

/** A target whose statements fail as told; the same for its transactions. */
export function failingDatabase(db: Database, failure: Failure | undefined, deadlock: () => Error): Database {
  let count = 0;
  let isDead = false;
  async function around<T>(run: () => Promise<T>): Promise<T> {
    if (isDead) throw CRASH;
    count += 1;
    if (count !== failure?.at) return await run();
    if (failure.how === "deadlock") throw deadlock();
    if (failure.how === "crash after") await run();
    isDead = true;
    throw CRASH;
  }
  const failing = (inner: Queryable): Queryable => ({
    query: (sql, params, options) => around(() => inner.query(sql, params, options)),
    execute: (sql, params) => around(() => inner.execute(sql, params)),
  });
  return {
    ...db,
    ...failing(db),
    async transaction(work) {
      if (isDead) throw CRASH;
      const result = await db.transaction(async (tx) => {
        const done = await work(failing(tx));
        if (isDead) throw CRASH;
        return done;
      });
      // The commit is a statement as well: its answer may be lost.
      await around(async () => undefined);
      return result;
    },
  };
}
