import type { Dialect } from "../contract/dialect.ts";
import type { Database, Queryable } from "../db/database.ts";

/** `snapshot` of a dialect whose sessions begin it with these statements; see Dialect. */
export function snapshotBy(begin: readonly string[]): Dialect["snapshot"] {
  return async <T>(db: Database, work: (moment: Queryable) => Promise<T>): Promise<T> => {
    // A connection of its own, closed afterwards: the level of isolation must not reach the pool.
    const session = await db.session();
    try {
      for (const sql of begin) await session.execute(sql);
      return await work(session);
    } finally {
      await session.release();
    }
  };
}
