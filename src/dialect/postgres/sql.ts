import type { Key } from "../../contract/change.ts";
import type { Dialect, PreparedWrite, Statement } from "../../contract/dialect.ts";
import type { TargetColumn, TargetTable } from "../../contract/sync-plan.ts";
import type { Column } from "../../contract/table-schema.ts";
import type { Queryable } from "../../db/database.ts";
import type { Param } from "../../db/param.ts";
import type { Row, Value } from "../../row.ts";
import { mapInTurns } from "../../util/in-turns.ts";
import { rowsByShape } from "../row-shapes.ts";
import { encode } from "./codec.ts";
import { cast, selectList, text } from "./column-sql.ts";
import { comparable, comparables } from "./comparable.ts";
import { quote } from "./connect.ts";
import { digestRange } from "./digest-range.ts";
import { keyRange } from "./key-range.ts";
import { advanceSequences, sequenceOf } from "./sequences.ts";

const OWN = 'sync_id AS "SYNC_ID", action AS "ACTION", captured_at AS "CAPTURED_AT"';

/** Of a stored text or bytea this reads its header alone ("octet_length" of a value that is out of line). */
const octets = ({ name, kind }: Column): string =>
  `coalesce(octet_length(${quote(name)}${kind === "binary" ? "" : "::text"}), 0)`;

export const sql: Dialect["sql"] = {
  quote,
  readChanges: (table, from, limit) => ({
    sql: `SELECT ${OWN}, ${selectList(table.sourceColumns.map((c) => c.source))}
FROM ${quote(table.names.journal)} WHERE sync_id >= ? ORDER BY sync_id LIMIT ?`,
    params: [from.toString(), limit],
  }),
  changeSizes: (table, columns, from, limit) => ({
    sql: `SELECT sync_id AS "SYNC_ID", ${columns.map(octets).join(" + ")} AS "BYTES"
FROM ${quote(table.names.journal)} WHERE sync_id >= ? ORDER BY sync_id LIMIT ?`,
    params: [from.toString(), limit],
  }),
  readChangesAt: (table, positions) => ({
    sql: `SELECT ${OWN}, ${selectList(table.sourceColumns.map((c) => c.source))}
FROM ${quote(table.names.journal)} WHERE sync_id = ANY (?::bigint[]) ORDER BY sync_id`,
    params: [positions.map(String)],
  }),
  laterChange: (table, after, key) => ({
    sql: `SELECT sync_id FROM ${quote(table.names.journal)} WHERE sync_id > ? AND action <> 'RESPELLED' AND ${table.key
      .map((c) => `${quote(c.source.name)} = ?::${cast(c.source)}`)
      .join(" AND ")} LIMIT 1`,
    params: [after.toString(), ...table.key.map((column, i) => comparable(column.source, key[i] ?? null))],
  }),
  changedAfter: (journal, keyColumns, keys, after) => ({
    sql: `SELECT DISTINCT ${selectList(keyColumns)} FROM ${quote(journal)} WHERE sync_id > ? AND ${isOneOf(keyColumns)}`,
    params: [after.toString(), ...keyParams(keyColumns, keys)],
  }),
  countChanges: (journal, after, atMost) => ({
    sql: `SELECT count(*) AS n FROM (SELECT 1 FROM ${quote(journal)} WHERE sync_id > ? LIMIT ?) AS counted`,
    params: [after.toString(), atMost],
  }),
  oldestChange: (journal, after) => ({
    sql: `SELECT sync_id AS position, extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC') - captured_at) AS age
FROM ${quote(journal)} WHERE sync_id > ? ORDER BY sync_id LIMIT 1`,
    params: [after.toString()],
  }),
  markPurged: (table, position) => ({
    sql: `UPDATE ${quote(table.names.journal)} SET action = 'PURGE'${table.source.columns
      .filter((c) => !c.generated)
      .map((c) => `, ${quote(c.name)} = NULL`)
      .join("")} WHERE sync_id = ?`,
    params: [position.toString()],
  }),
  purgeBefore: (journal, position, limit) => ({
    sql: `DELETE FROM ${quote(journal)} WHERE sync_id IN
(SELECT sync_id FROM ${quote(journal)} WHERE sync_id < ? ORDER BY sync_id LIMIT ?)`,
    params: [position.toString(), limit],
  }),
  highestAtOrBelow: (journal, position) => ({
    sql: `SELECT max(sync_id) AS position FROM ${quote(journal)} WHERE sync_id <= ?`,
    params: [position.toString()],
  }),
  presentIn: (journal, ranges) => ({
    sql: `SELECT sync_id AS position FROM ${quote(journal)} WHERE ${ranges.map(() => "sync_id BETWEEN ? AND ?").join(" OR ")} ORDER BY sync_id`,
    params: ranges.flatMap(({ first, last }) => [first.toString(), last.toString()]),
  }),
  readRows: (table, columns, keyColumns, keys) => ({
    sql: `SELECT ${selectList(columns)} FROM ${quote(table)} WHERE ${isOneOf(keyColumns)}`,
    params: keyParams(keyColumns, keys),
  }),
  readKeyRange: (table, columns, keyColumns, after, limit) =>
    keyRange(selectList(columns), table, keyColumns, after, limit),
  countRows: (table, keyColumns = [], key = []) => ({
    sql: `SELECT count(*) AS n FROM ${quote(table)}${keyColumns.length === 0 ? "" : ` WHERE ${keyColumns.map((c) => `${quote(c.name)} = ?::${cast(c)}`).join(" AND ")}`}`,
    params: keyColumns.map((column, i) => text(encode(column, key[i] ?? null))),
  }),
  estimateRows: (table) => ({
    sql: "SELECT CASE WHEN reltuples >= 0 THEN reltuples::bigint END AS n FROM pg_class WHERE oid = to_regclass(?)",
    params: [quote(table)],
  }),
  digestRange,
  readTable: (table, columns, limit) => ({
    sql: `SELECT ${columns.map((name) => `${quote(name)} AS ${quote(name.toUpperCase())}`).join(", ")} FROM ${quote(table)}${limit === undefined ? "" : " LIMIT ?"}`,
    params: limit === undefined ? [] : [limit],
  }),
  readCheckpoint: (name) => ({
    sql: `SELECT lane AS "LANE", sync_id AS "SYNC_ID", journal_id AS "JOURNAL_ID", digest AS "DIGEST", extract(epoch FROM clock_timestamp()::timestamp - updated_at) AS "AGE" FROM ${quote(name)}`,
    params: [],
  }),
  // Rows that are locked FOR SHARE can be shared by ever more, while a writer waits; the queue of a table's lock is fair
  // ("Explicit Locking"; src/backend/access/heap/README.tuplock).
  shareCheckpoint: (name) => ({ sql: `LOCK TABLE ${quote(name)} IN SHARE MODE`, params: [] }),
  insertCheckpoint: (name, row) => ({
    sql: `INSERT INTO ${quote(name)} (lane, sync_id, journal_id, digest, updated_at) VALUES (?, ?, ?, ?, clock_timestamp()::timestamp)`,
    params: [row.lane, row.position.toString(), row.journalId, row.digest],
  }),
  moveCheckpoint: (name, from, to) => ({
    sql: `UPDATE ${quote(name)} SET sync_id = ?, digest = ?, updated_at = clock_timestamp()::timestamp
WHERE lane = ? AND sync_id = ? AND journal_id = ? AND digest = ?`,
    params: [
      to.position.toString(),
      to.digest,
      from.lane,
      from.position.toString(),
      from.journalId,
      from.digest,
    ],
  }),
  readState: (name) => ({
    sql: `SELECT name AS "NAME", value AS "VALUE", updated_at AS "UPDATED_AT" FROM ${quote(name)}`,
    params: [],
  }),
  writeState: (name, key, value) => ({
    sql: `INSERT INTO ${quote(name)} (name, value, updated_at) VALUES (?, ?, clock_timestamp() AT TIME ZONE 'UTC')
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
    params: [key, value],
  }),
  deleteState: (name, keys) => ({
    sql: `DELETE FROM ${quote(name)} WHERE name = ANY (?::text[])`,
    params: [keys],
  }),
};

/** One upsert for the whole batch: an array parameter for each column, matched by the primary key alone. */
export async function writeRows(
  tx: Queryable,
  table: TargetTable,
  rows: readonly Row[],
  keepOnUpdate: readonly string[],
): Promise<void> {
  for (const part of rowsByShape(rows)) {
    const statement = await upsert(table, part, keepOnUpdate);
    await tx.execute(statement.sql, statement.params);
    await advanceSequences(tx, columnsOf(table, part), part);
  }
}

/** The same for rows that the table is thought to lack: a key that is there is an error, which ends the transaction. */
export async function insertRows(tx: Queryable, table: TargetTable, rows: readonly Row[]): Promise<void> {
  for (const part of rowsByShape(rows)) {
    const statement = await insertion(table, part);
    await tx.execute(statement.sql, statement.params);
    await advanceSequences(tx, columnsOf(table, part), part);
  }
}

/**
 * Checkpoint and upsert as one statement, which is a transaction of its own: one round trip instead of five. The upsert
 * sees the guard first, so it waits for the checkpoint's row and then writes nothing when that has moved.
 */
export async function prepareWrite(
  table: TargetTable,
  rows: readonly Row[],
  keepOnUpdate: readonly string[],
): Promise<PreparedWrite | undefined> {
  const [part, ...others] = rowsByShape(rows);
  if (part === undefined || others.length > 0) return undefined;
  if (columnsOf(table, part).some(({ target }) => sequenceOf(target) !== undefined)) return undefined;
  const write = await upsert(table, part, keepOnUpdate, "WHERE EXISTS (SELECT FROM moved)");
  return async (db, move, onSending) => {
    const answer = db.query(
      `WITH moved AS (${move.sql} RETURNING 1), written AS (${write.sql}) SELECT count(*) AS n FROM moved`,
      [...move.params, ...write.params],
      { keepPlan: true },
    );
    onSending();
    const [row] = await answer;
    return row?.["n"] === "1";
  };
}

/** `guard`: a WHERE clause that may keep all rows from being written. */
async function upsert(
  table: TargetTable,
  rows: readonly Row[],
  keepOnUpdate: readonly string[],
  guard = "",
): Promise<Statement> {
  // A key that the collation takes for equal can differ in case: then it is part of the new image.
  const key = new Set(table.key.filter((c) => c.target.equality !== "insensitive").map((c) => c.name));
  const updated = columnsOf(table, rows).filter(
    ({ name, target }) => !key.has(name) && !keepOnUpdate.includes(name) && !target.refusesValues,
  );
  const set = updated.map(({ target }) => `${quote(target.name)} = excluded.${quote(target.name)}`);
  const { sql, params } = await insertion(table, rows, guard);
  return {
    sql: `${sql}
ON CONFLICT (${table.key.map((c) => quote(c.target.name)).join(", ")}) DO ${set.length === 0 ? "NOTHING" : `UPDATE SET ${set.join(", ")}`}`,
    params,
  };
}

async function insertion(table: TargetTable, rows: readonly Row[], guard = ""): Promise<Statement> {
  const columns = columnsOf(table, rows);
  const targets = columns.map((column) => column.target);
  // GENERATED ALWAYS AS IDENTITY: a new row brings its number along, a row that is there keeps its own (error 428C9).
  const isNumbered = targets.some((column) => column.refusesValues);
  return {
    sql: `INSERT INTO ${quote(table.target.name)} (${targets.map((c) => quote(c.name)).join(", ")})${isNumbered ? " OVERRIDING SYSTEM VALUE" : ""}
SELECT ${unnestList(targets)} FROM unnest(${arrays(targets)}) WITH ORDINALITY AS v(${names(targets)}, n) ${guard} ORDER BY n`,
    params: await mapInTurns(columns, ({ name, target }) =>
      arrayText(rows, (row) => encode(target, row[name] ?? null)),
    ),
  };
}

/** The columns that rows of one shape have. */
function columnsOf(table: TargetTable, [first]: readonly Row[]): readonly TargetColumn[] {
  return table.targetColumns.filter((column) => first !== undefined && column.name in first);
}

/** Deletes by a list of keys in one statement. */
export async function deleteRows(
  tx: Queryable,
  table: TargetTable,
  keys: readonly Key[],
  exactly: boolean,
): Promise<void> {
  const columns = table.key.map((column) => column.target);
  const same = columns.map((column, i) => {
    const bytewise = column.equality === "insensitive" && exactly ? '::text COLLATE "C"' : "";
    return `t.${quote(column.name)}${bytewise} = v.c${i}::${cast(column)}${bytewise}`;
  });
  await tx.execute(
    `DELETE FROM ${quote(table.target.name)} t USING unnest(${arrays(columns)}) AS v(${names(columns)}) WHERE ${same.join(" AND ")}`,
    keyParams(columns, keys),
  );
}

const keyParams = (columns: readonly Column[], keys: readonly Key[]): readonly Param[] =>
  columns.map((column, i) =>
    comparables(
      column,
      keys.map((key) => key[i] ?? null),
    ),
  );
const names = (columns: readonly Column[]): string => columns.map((_, i) => `c${i}`).join(", ");
const arrays = (columns: readonly Column[]): string => columns.map(() => "?::text[]").join(", ");
// The cast, not an array type, makes the value: it knows length, precision and collation of the column.
/** The key is one of those in the parameters that keyParams gives. */
const isOneOf = (columns: readonly Column[]): string =>
  `(${columns.map((c) => quote(c.name)).join(", ")}) IN
(SELECT ${unnestList(columns)} FROM unnest(${arrays(columns)}) AS v(${names(columns)}))`;
const unnestList = (columns: readonly Column[]): string =>
  columns.map((column, i) => `v.c${i}::${cast(column)}`).join(", ");

/**
 * A text[] as the server reads one: the driver's own way of making it takes several times as long. Joined, not added up:
 * a text that grows by `+=` is kept as a tree of its pieces, which the collector would carry along until it is sent.
 */
function arrayText<T>(items: readonly T[], valueFor: (item: T) => Value): string {
  const elements = items.map((item) => {
    const value = text(valueFor(item));
    if (typeof value !== "string") return "NULL";
    return `"${ESCAPED.test(value) ? value.replace(ALL_ESCAPED, "\\$&") : value}"`;
  });
  return `{${elements.join(",")}}`;
}

const ESCAPED = /["\\]/;
const ALL_ESCAPED = /["\\]/g;
