import KnexOracleClient from "knex/lib/dialects/oracledb/index.js";
import oracledb from "oracledb";
import { classifyError } from "./classify-error.ts";
import { NationalText } from "./holdable.ts";

/** What a statement gave: rows by column name, and the number of rows it changed. */
export interface OracleResult {
  readonly rows: Record<string, unknown>[];
  readonly affected: number;
}

interface PendingQuery {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  response?: OracleResult;
}

/** A connection as knex marks it. */
type KnexConnection = oracledb.Connection & { isTransaction?: boolean; __knex__disposed?: unknown };

/**
 * knex's client but for how a statement is sent. Its own way commits after every statement outside a transaction, a
 * SELECT ... FOR UPDATE among them, drops the number of changed rows, knows no array DML, and leaves it to global
 * settings of the driver how values are read.
 */
export class OracleClient extends KnexOracleClient {
  async _query(connection: KnexConnection, query: PendingQuery): Promise<PendingQuery> {
    try {
      query.response = await send(connection, query.sql, query.bindings ?? []);
      return query;
    } catch (error) {
      if (classifyError(error).class === "connection") connection.__knex__disposed = error;
      throw error;
    }
  }

  /** Its own way knows no escaped question mark. */
  override positionBindings(sql: string): string {
    let count = 0;
    return sql.replace(/\\?\?/g, (found) => (found === "\\?" ? "?" : `:${++count}`));
  }

  processResponse(query: PendingQuery): OracleResult {
    return query.response ?? { rows: [], affected: 0 };
  }
}

/**
 * Sends one statement. When every parameter is a list, as long as the others, the statement is run once for each line of
 * them in one round trip (node-oracledb documentation, "Batch Statement Execution and Bulk Loading").
 */
export async function send(
  connection: KnexConnection,
  sql: string,
  bindings: readonly unknown[],
): Promise<OracleResult> {
  const autoCommit = connection.isTransaction !== true && !/^\s*SELECT\b/i.test(sql);
  if (bindings.length > 0 && bindings.every(Array.isArray)) {
    const columns = bindings as readonly (readonly unknown[])[];
    const lines = (columns[0] ?? []).map((_, i) => columns.map((column) => asLine(column[i])));
    const result = await connection.executeMany(sql, lines, {
      autoCommit,
      bindDefs: columns.map((column) =>
        bindDefinition(
          column.map(asLine),
          column.some((value) => value instanceof NationalText),
        ),
      ),
    });
    return { rows: [], affected: result.rowsAffected ?? 0 };
  }
  const result = await connection.execute<Record<string, unknown>>(
    sql,
    bindings.map((value) => asBind(value)) as oracledb.BindParameters,
    { autoCommit, outFormat: oracledb.OUT_FORMAT_OBJECT, fetchTypeHandler, fetchArraySize: 500 },
  );
  return { rows: result.rows ?? [], affected: result.rowsAffected ?? 0 };
}

function asBind(value: unknown): unknown {
  if (value instanceof NationalText) return { val: value.text, type: oracledb.DB_TYPE_NVARCHAR };
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

/** The same in a list, whose type is that of all its lines. */
const asLine = (value: unknown): unknown => (value instanceof NationalText ? value.text : asBind(value));

/**
 * Longer values are no VARCHAR2 or RAW to SQL (ORA-01461): they go as temporary large objects, which the driver makes and
 * those columns take as well ("SQL Language Reference", "Data Types"; node-oracledb documentation, "Working with CLOB,
 * NCLOB and BLOB Data").
 */
const MAX_TEXT_BYTES = 4_000;
export const MAX_RAW_BYTES = 2_000;

/** One type for all lines of a list: that of its first value, as wide as its longest. */
function bindDefinition(values: readonly unknown[], isNational: boolean): oracledb.BindDefinition {
  const first = values.find((value) => value !== null && value !== undefined);
  if (typeof first === "number") return { type: oracledb.DB_TYPE_NUMBER };
  const isBinary = Buffer.isBuffer(first);
  const longest = values.reduce<number>((most, value) => Math.max(most, sizeOf(value)), 1);
  if (isBinary && longest > MAX_RAW_BYTES) return { type: oracledb.DB_TYPE_BLOB };
  if (!isBinary && longest > MAX_TEXT_BYTES)
    return { type: isNational ? oracledb.DB_TYPE_NCLOB : oracledb.DB_TYPE_CLOB };
  if (isNational) return { type: oracledb.DB_TYPE_NVARCHAR, maxSize: longest };
  return { type: isBinary ? oracledb.DB_TYPE_RAW : oracledb.DB_TYPE_VARCHAR, maxSize: longest };
}

function sizeOf(value: unknown): number {
  if (Buffer.isBuffer(value)) return value.length;
  return typeof value === "string" ? Buffer.byteLength(value, "utf8") : 0;
}

/** Numbers and large objects as text or bytes; the driver's own number is a double ("Fetch Type Handlers"). */
function fetchTypeHandler({ dbType }: oracledb.Metadata<unknown>): oracledb.FetchTypeResponse | undefined {
  switch (dbType) {
    case oracledb.DB_TYPE_NUMBER:
    case oracledb.DB_TYPE_BINARY_FLOAT:
    case oracledb.DB_TYPE_BINARY_DOUBLE:
    case oracledb.DB_TYPE_CLOB:
    case oracledb.DB_TYPE_LONG:
      return { type: oracledb.DB_TYPE_VARCHAR };
    case oracledb.DB_TYPE_NCLOB:
      return { type: oracledb.DB_TYPE_NVARCHAR };
    case oracledb.DB_TYPE_BLOB:
    case oracledb.DB_TYPE_LONG_RAW:
      return { type: oracledb.DB_TYPE_RAW };
    default:
      return undefined;
  }
}
