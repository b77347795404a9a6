import type { Database, Queryable } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";

/** Where an error came from. */
export interface Origin {
  readonly side: "source" | "target";
  readonly dialect: Dialect;
}

// Codes of one database mean something else in another, and both sides can be of one type.
const origins = new WeakMap<object, Origin>();

/** The database whose statement failed; undefined for an error that no statement threw. */
export function originOf(error: unknown): Origin | undefined {
  return typeof error === "object" && error !== null ? origins.get(error) : undefined;
}

/** The same database, whose errors know where they came from. */
export function withOrigin(db: Database, origin: Origin): Database {
  const marked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // Inside a transaction of one side a statement of the other may have failed.
      if (typeof error === "object" && error !== null && !origins.has(error)) origins.set(error, origin);
      throw error;
    }
  };
  const queries = (inner: Queryable): Queryable => ({
    query: (sql, params, options) => marked(() => inner.query(sql, params, options)),
    execute: (sql, params) => marked(() => inner.execute(sql, params)),
  });
  return {
    ...queries(db),
    transaction: (work) => marked(() => db.transaction((tx) => work(queries(tx)))),
    session: () =>
      marked(async () => {
        const session = await db.session();
        return { ...queries(session), release: () => session.release() };
      }),
    close: () => db.close(),
  };
}
