import { inspect } from "node:util";
import type { Database, Queryable } from "../../src/db/database.ts";
import type { Param } from "../../src/db/param.ts";

/** What a test wants to know of, or do at, each statement. */
export interface Watcher {
  /** Called before a statement is sent, with its values as text. */
  readonly before?: (sql: string, values: string) => void | Promise<void>;
  /** Called after a statement's answer has come, before the caller gets it. */
  readonly after?: (sql: string) => void | Promise<void>;
  /** Called when a statement has failed, before its caller is told. */
  readonly failed?: (sql: string) => void;
}

/** MySQL's rows come as text that the driver has made before. */
function textOf(param: unknown): string {
  const { toSqlString } = Object(param) as { toSqlString?: () => string };
  return toSqlString?.() ?? inspect(param, { depth: null, maxArrayLength: null, maxStringLength: null });
}

/** The same database; a watcher sees each statement, also those of transactions, but not those of sessions. */
export function watchedDatabase(db: Database, watcher: Watcher): Database {
  const watched = (inner: Queryable): Queryable => {
    const around = async <T>(
      sql: string,
      params: readonly Param[] | undefined,
      run: () => Promise<T>,
    ): Promise<T> => {
      await watcher.before?.(sql, (params ?? []).map(textOf).join(" "));
      try {
        const result = await run();
        await watcher.after?.(sql);
        return result;
      } catch (error) {
        watcher.failed?.(sql);
        throw error;
      }
    };
    return {
      query: (sql, params, options) => around(sql, params, () => inner.query(sql, params, options)),
      execute: (sql, params) => around(sql, params, () => inner.execute(sql, params)),
    };
  };
  return { ...db, ...watched(db), transaction: (work) => db.transaction((tx) => work(watched(tx))) };
}
