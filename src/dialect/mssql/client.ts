import type { Knex } from "knex";
import KnexClient from "knex/lib/dialects/mssql/index.js";
import { Connection, type ConnectionConfiguration, type ConnectionOptions, Request, TYPES } from "tedious";
import type { Refusal } from "./classify-error.ts";

/** What a statement gave: rows by column name, and the number of rows it changed. */
export interface MssqlResult {
  readonly rows: Record<string, unknown>[];
  readonly affected: number;
}

interface PendingQuery {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  response?: MssqlResult;
}

/** A connection as knex marks it. */
type KnexConnection = Connection & { connected?: boolean; __knex__disposed?: unknown };

interface KnexMssql extends Knex.Client {
  _generateConnection(): ConnectionConfiguration;
}
const KnexMssqlClient = KnexClient as new (config: Knex.Config) => KnexMssql;

/**
 * knex's client but for how it connects and how a statement is sent. Its own way listens for a connection's errors only
 * once it is there, so that one that fails late ends the process; it keeps one queue of requests for all connections: one left
 * behind by a connection that died is run by another connection later, outside its transaction. It also drops the
 * number of changed rows, and declares every text parameter with the length of its value, so that no plan is reused.
 */
export class MssqlClient extends KnexMssqlClient {
  override acquireRawConnection(): Promise<KnexConnection> {
    const connection: KnexConnection = new Connection(this._generateConnection());
    const end = (reason: unknown): void => {
      connection.connected = false;
      connection.__knex__disposed = reason;
    };
    connection.on("error", end);
    connection.once("end", () => end("the connection ended"));
    // The driver's error has no number, and is made of the last message alone.
    const refusals: Refusal[] = [];
    const note = (message: unknown): void => {
      const { number, class: severity } = message as { number: number; class: number };
      refusals.push({ number, severity });
    };
    connection.on("errorMessage", note);
    return new Promise((resolve, reject) => {
      connection.connect((error) => {
        connection.off("errorMessage", note);
        if (error !== undefined && error !== null) {
          connection.close();
          reject(Object.assign(error, { refusals }));
          return;
        }
        connection.connected = true;
        resolve(connection);
      });
    });
  }

  async _query(connection: Connection, query: PendingQuery): Promise<PendingQuery> {
    query.response = await send(connection, query.sql, query.bindings ?? []);
    return query;
  }

  processResponse(query: PendingQuery): MssqlResult {
    return query.response ?? { rows: [], affected: 0 };
  }
}

/**
 * Sends one statement. Without parameters it goes as a batch of its own, not through sp_executesql, at whose end SET
 * options are put back (Transact-SQL reference, "SET Statements").
 */
export function send(
  connection: Connection,
  sql: string,
  bindings: readonly unknown[],
): Promise<MssqlResult> {
  return new Promise((resolve, reject) => {
    const rows: Record<string, unknown>[] = [];
    const request = new Request(sql, (error, affected) => {
      if (error) reject(error);
      else resolve({ rows, affected: affected ?? 0 });
    });
    request.on("row", (columns: readonly { metadata: { colName: string }; value: unknown }[]) => {
      rows.push(Object.fromEntries(columns.map((column) => [column.metadata.colName, column.value])));
    });
    for (const [i, value] of bindings.entries()) addParameter(request, `p${i}`, value);
    if (bindings.length === 0) connection.execSqlBatch(request);
    else connection.execSql(request);
  });
}

/** Longest text and binary parameters that are not "max". */
const MAX_CHARACTERS = 4_000;
const MAX_BYTES = 8_000;

function addParameter(request: Request, name: string, value: unknown): void {
  if (typeof value === "number") {
    request.addParameter(name, TYPES.Int, value);
  } else if (value instanceof Uint8Array) {
    const length = value.length > MAX_BYTES ? MAX_BYTES + 1 : MAX_BYTES;
    request.addParameter(name, TYPES.VarBinary, Buffer.from(value), { length });
  } else {
    const text = value === null || value === undefined ? null : String(value);
    const length = (text?.length ?? 0) > MAX_CHARACTERS ? MAX_CHARACTERS + 1 : MAX_CHARACTERS;
    request.addParameter(name, TYPES.NVarChar, text, { length });
  }
}

export type MssqlOptions = Partial<ConnectionOptions>;
