import type { Database, Queryable } from "../../src/db/database.ts";

/** What a test wants to know of, or do at, each statement. */
export interface Watcher {
  /** Called before a statement is sent. */
  readonly before?: (sql: string) => void | Promise<void>;
  /** Called after a statement's answer has come, before the caller gets it. */
  readonly after?: (sql: string) => void | Promise<void>;
}

/** The same database; a watcher sees each statement, also those of transactions, but not those of sessions. */
export function watchedDatabase(db: Database, watcher: Watcher): Database {
  const watched = (inner: Queryable): Queryable => {
    const around = async <T>(sql: string, run: () => Promise<T>): Promise<T> => {
      await watcher.before?.(sql);
      const result = await run();
      await watcher.after?.(sql);
      return result;
    };
    return {
      query: (sql, params) => around(sql, () => inner.query(sql, params)),
      execute: (sql, params) => around(sql, () => inner.execute(sql, params)),
    };
  };
  return { ...db, ...watched(db), transaction: (work) => db.transaction((tx) => work(watched(tx))) };
}
