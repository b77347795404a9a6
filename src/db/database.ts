import knexModule, { type Knex } from "knex";
import { createTurns } from "../util/turns.ts";
import { NoConnection } from "./no-connection.ts";
import type { Param } from "./param.ts";
import { cutAtPlaceholders } from "./placeholders.ts";

// The package is CommonJS: its named export exists for the compiler only.
const { knex: createKnex } = knexModule;

/** A raw result row; the keys are the column names or aliases of the statement. */
export type ResultRow = Record<string, unknown>;

export interface QueryOptions {
  /** The same text comes again and again: the server keeps its plan where it can. Only for texts that are few. */
  readonly keepPlan?: boolean;
  /**
   * Each row comes as the list of its values, in the order of the statement's columns, where the driver has that form: a row by
   * name costs as much again. Both have to be expected.
   */
  readonly asLists?: boolean;
}

export interface Queryable {
  /** Runs a statement with `?` placeholders and gives its rows. */
  query(sql: string, params?: readonly Param[], options?: QueryOptions): Promise<ResultRow[]>;
  /** Runs a statement and gives the number of rows it matched. */
  execute(sql: string, params?: readonly Param[]): Promise<number>;
}

/** One connection kept for its caller, for locks and for settings that must not reach the pool. */
export interface Session extends Queryable {
  /** Closes the connection; server-side locks and settings die with it. */
  release(): Promise<void>;
}

export interface Database extends Queryable {
  /** The most connections that are open at a time. Whoever wants one more waits for his turn. */
  readonly connections: number;
  /** Commits when the work returns, rolls back when it throws. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  session(): Promise<Session>;
  close(): Promise<void>;
}

/** How a driver's result is read; knex gives each driver's own. */
export interface ResultReader {
  /**
   * Writes a value as SQL, for a driver that takes every question mark for a placeholder, also one in a quoted name. The
   * others have numbered placeholders, which knex makes of all question marks that are not escaped.
   */
  readonly write?: (value: Param) => string;
  rows(result: unknown): ResultRow[];
  affected(result: unknown): number;
  /** The driver's options for a statement whose plan is to be kept. */
  readonly keepPlan?: (sql: string) => Record<string, string>;
  /** Those for one whose rows are to come as lists. */
  readonly asLists?: Readonly<Record<string, unknown>>;
  /**
   * Makes parameters ready that the database itself has to be asked about: on another connection, since an error would
   * end the transaction.
   */
  readonly resolve?: (
    params: readonly Param[],
    ask: (sql: string, params: readonly Param[]) => Promise<ResultRow[]>,
  ) => readonly Param[] | Promise<readonly Param[]>;
  /** Told of every statement that fails, before its caller is. */
  readonly onError?: (error: unknown) => void;
}

/** knex writes driver messages, which quote values, to the console: they go nowhere. */
const SILENT = { warn() {}, error() {}, debug() {}, deprecate() {} };

/**
 * Opens a pool over knex and proves it with one statement, once for each host that it may have. Throws the driver's
 * error, the pool closed again.
 */
export async function openDatabase(
  config: Knex.Config & { readonly pool: Knex.PoolConfig; readonly acquireConnectionTimeout: number },
  reader: ResultReader,
  probe: string,
  hosts = 1,
): Promise<Database> {
  const knex = createKnex({ ...config, log: SILENT });
  const connections = config.pool.max ?? 1;
  // Connections are waited for here, without a limit: for our own statements, which all end. So the pool's own time
  // limit is about the server alone, which gives no new connection.
  // What has to be asked before a statement is sent needs a connection while others are taken: one is kept for that.
  const turns = createTurns(reader.resolve === undefined ? connections : Math.max(1, connections - 1));
  const watched = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (failure) {
      const error = isPoolTimeout(failure)
        ? new NoConnection(config.acquireConnectionTimeout, failure)
        : failure;
      reader.onError?.(error);
      throw error;
    }
  };
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const end = await turns.take();
    try {
      return await watched(work);
    } finally {
      end();
    }
  };
  const direct = queryable(knex, reader, knex);
  const database: Database = {
    connections,
    query: (sql, params, options) => inTurn(() => direct.query(sql, params, options)),
    execute: (sql, params) => inTurn(() => direct.execute(sql, params)),
    transaction: (work) => inTurn(() => knex.transaction((tx) => work(queryable(tx, reader, knex)))),
    async session() {
      const end = await turns.take();
      try {
        return await watched(() => openSession(knex, reader, end));
      } catch (error) {
        end();
        throw error;
      }
    },
    close: () => knex.destroy(),
  };
  for (let attempt = 1; ; attempt++) {
    try {
      await database.query(probe);
      return database;
    } catch (error) {
      if (attempt < hosts) continue;
      await knex.destroy();
      throw error;
    }
  }
}

function queryable(runner: Knex, reader: ResultReader, pool: Knex, connection?: unknown): Queryable {
  const ask = async (sql: string, params: readonly Param[]): Promise<ResultRow[]> =>
    reader.rows(await pool.raw(sql, params as Knex.RawBinding[]));
  const run = async (
    sql: string,
    given: readonly Param[] = [],
    { keepPlan = false, asLists = false }: QueryOptions = {},
  ): Promise<unknown> => {
    const params = reader.resolve === undefined ? given : await reader.resolve(given, ask);
    const raw = rawQuery(runner, reader, sql, params);
    if (keepPlan && reader.keepPlan !== undefined) raw.options(reader.keepPlan(sql));
    if (asLists && reader.asLists !== undefined) raw.options(reader.asLists);
    try {
      return await (connection === undefined ? raw : raw.connection(connection));
    } catch (error) {
      reader.onError?.(error);
      throw error;
    }
  };
  return {
    query: async (sql, params, options) => reader.rows(await run(sql, params, options)),
    execute: async (sql, params) => reader.affected(await run(sql, params)),
  };
}

/** Without values nothing is a placeholder, also not a question mark inside a trigger's text. */
function rawQuery(runner: Knex, { write }: ResultReader, sql: string, params: readonly Param[]): Knex.Raw {
  const parts = params.length === 0 ? [sql] : cutAtPlaceholders(sql, params.length);
  if (!parts.some((part) => part.includes("?")))
    return params.length === 0 ? runner.raw(sql) : runner.raw(sql, params as Knex.RawBinding[]);
  if (write !== undefined)
    return runner.raw(
      parts.map((part, i) => (i === 0 ? part : write(params[i - 1] ?? null) + part)).join(""),
    );
  const escaped = parts.map((part) => part.replaceAll("?", "\\?")).join("?");
  return params.length === 0 ? runner.raw(escaped) : runner.raw(escaped, params as Knex.RawBinding[]);
}

/** knex has no class of its own for it in its exports. */
const isPoolTimeout = (error: unknown): boolean =>
  error instanceof Error && error.name === "KnexTimeoutError" && error.message.includes("acquiring");

async function openSession(knex: Knex, reader: ResultReader, onReleased: () => void): Promise<Session> {
  const connection: unknown = await knex.client.acquireConnection();
  let released = false;
  return {
    ...queryable(knex, reader, knex, connection),
    release: async () => {
      if (released) return;
      released = true;
      // Not given back to the pool: its settings and locks must end here.
      (connection as { __knex__disposed?: unknown }).__knex__disposed = new Error("session ended");
      try {
        await knex.client.destroyRawConnection(connection);
      } finally {
        await knex.client.releaseConnection(connection);
        onReleased();
      }
    },
  };
}
