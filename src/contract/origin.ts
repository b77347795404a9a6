import type { ClassifiedError } from "../db/classified-error.ts";
import type { Database, Queryable } from "../db/database.ts";
import type { Dialect } from "./dialect.ts";

/** The database whose statement failed. */
export interface Origin {
  readonly side: "source" | "target";
  readonly dialect: Dialect;
}

interface Handle {
  readonly dialect: Dialect;
  readonly db: Queryable;
}

// Codes of one database mean something else in another, and both sides can be of one type.
const origins = new WeakMap<object, Origin>();
const marked = new WeakSet<Queryable>();

/** Where an error came from; undefined for one that no statement threw. */
export function originOf(error: unknown): Origin | undefined {
  return isObject(error) ? origins.get(error) : undefined;
}

/** What an error means to the database that threw it, or to `dialect` when that is not known. */
export function classifyAtOrigin(error: unknown, dialect: Dialect): ClassifiedError {
  return (originOf(error)?.dialect ?? dialect).classifyError(error);
}

/**
 * The same side of a pair, whose errors know that they are of that side, whichever statement throws them and wherever they
 * are caught. A handle that has been given before stays as it is.
 */
export function withOrigin<H extends Handle>(side: Origin["side"], handle: H): H {
  if (marked.has(handle.db)) return handle;
  const db = markErrors(handle.db, { side, dialect: handle.dialect });
  marked.add(db);
  return { ...handle, db };
}

function markErrors(db: Queryable | Database, origin: Origin): Queryable {
  const mark = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // Inside a transaction of one side a statement of the other may have failed.
      if (isObject(error) && !origins.has(error)) origins.set(error, origin);
      throw error;
    }
  };
  const queries = (inner: Queryable): Queryable => ({
    query: (sql, params, options) => mark(() => inner.query(sql, params, options)),
    execute: (sql, params) => mark(() => inner.execute(sql, params)),
  });
  if (!("transaction" in db)) return queries(db);
  const database: Database = {
    ...db,
    ...queries(db),
    transaction: (work) => mark(() => db.transaction((tx) => work(queries(tx)))),
    session: () =>
      mark(async () => {
        const session = await db.session();
        return { ...queries(session), release: () => session.release() };
      }),
  };
  return database;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
