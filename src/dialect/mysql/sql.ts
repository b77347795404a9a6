import type { Key } from "../../contract/change.ts";
import type { Dialect } from "../../contract/dialect.ts";
import type { TargetTable } from "../../contract/sync-plan.ts";
import type { Queryable } from "../../db/database.ts";
import { selectList } from "./column-sql.ts";
import { comparableParam, exactTuple, exactValue, listOf, tuple, tupleValue } from "./comparable.ts";
import { quote } from "./connect.ts";
import { digestRange } from "./digest-range.ts";
import { keyRange } from "./key-range.ts";
import { partsBySize, roomFor, textBytes } from "./statement-parts.ts";

export const sql: Dialect["sql"] = {
  quote,
  readChanges: (table, from, limit) => ({
    sql: `SELECT SYNC_ID, ACTION, CAPTURED_AT, ${selectList(table.sourceColumns.map((c) => c.source))}
FROM ${quote(table.names.journal)} WHERE SYNC_ID >= ? ORDER BY SYNC_ID LIMIT ?`,
    params: [from.toString(), limit],
  }),
  changeSizes: (table, columns, from, limit) => ({
    sql: `SELECT SYNC_ID, ${columns.map(({ name }) => `COALESCE(OCTET_LENGTH(${quote(name)}), 0)`).join(" + ")} AS BYTES
FROM ${quote(table.names.journal)} WHERE SYNC_ID >= ? ORDER BY SYNC_ID LIMIT ?`,
    params: [from.toString(), limit],
  }),
  readChangesAt: (table, positions) => ({
    sql: `SELECT SYNC_ID, ACTION, CAPTURED_AT, ${selectList(table.sourceColumns.map((c) => c.source))}
FROM ${quote(table.names.journal)} WHERE SYNC_ID IN (?) ORDER BY SYNC_ID`,
    params: [positions.map(String)],
  }),
  laterChange: (table, after, key) => ({
    sql: `SELECT SYNC_ID FROM ${quote(table.names.journal)} WHERE SYNC_ID > ? AND ACTION <> 'RESPELLED' AND ${table.key
      .map((c) => `${quote(c.source.name)} = ?`)
      .join(" AND ")} LIMIT 1`,
    params: [
      after.toString(),
      ...table.key.map((column, i) => comparableParam(column.source, key[i] ?? null)),
    ],
  }),
  changedAfter: (journal, keyColumns, keys, after) => ({
    sql: `SELECT DISTINCT ${selectList(keyColumns)} FROM ${quote(journal)} WHERE SYNC_ID > ? AND ${tuple(keyColumns)} IN (?)`,
    params: [after.toString(), listOf(keys.map((key) => tupleValue(keyColumns, key)))],
  }),
  countChanges: (journal, after, atMost) => ({
    sql: `SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ${quote(journal)} WHERE SYNC_ID > ? LIMIT ?) AS counted`,
    params: [after.toString(), atMost],
  }),
  oldestChange: (journal, after) => ({
    sql: `SELECT SYNC_ID AS position, TIMESTAMPDIFF(MICROSECOND, CAPTURED_AT, NOW(6)) / 1000000 AS age FROM ${quote(journal)} WHERE SYNC_ID > ? ORDER BY SYNC_ID LIMIT 1`,
    params: [after.toString()],
  }),
  markPurged: (table, position) => ({
    sql: `UPDATE ${quote(table.names.journal)} SET ACTION = 'PURGE'${table.source.columns
      .filter((c) => !c.generated)
      .map((c) => `, ${quote(c.name)} = NULL`)
      .join("")} WHERE SYNC_ID = ?`,
    params: [position.toString()],
  }),
  purgeBefore: (journal, position, limit) => ({
    sql: `DELETE FROM ${quote(journal)} WHERE SYNC_ID < ? ORDER BY SYNC_ID LIMIT ?`,
    params: [position.toString(), limit],
  }),
  highestAtOrBelow: (journal, position) => ({
    sql: `SELECT MAX(SYNC_ID) AS position FROM ${quote(journal)} WHERE SYNC_ID <= ?`,
    params: [position.toString()],
  }),
  presentIn: (journal, ranges) => ({
    sql: `SELECT SYNC_ID AS position FROM ${quote(journal)} WHERE ${ranges.map(() => "SYNC_ID BETWEEN ? AND ?").join(" OR ")} ORDER BY SYNC_ID`,
    params: ranges.flatMap(({ first, last }) => [first.toString(), last.toString()]),
  }),
  readRows: (table, columns, keyColumns, keys) => ({
    sql: `SELECT ${selectList(columns)} FROM ${quote(table)} WHERE ${tuple(keyColumns)} IN (?)`,
    params: [listOf(keys.map((key) => tupleValue(keyColumns, key)))],
  }),
  readKeyRange: (table, columns, keyColumns, after, limit) =>
    keyRange(selectList(columns), table, keyColumns, after, limit),
  countRows: (table, keyColumns = [], key = []) => ({
    sql: `SELECT COUNT(*) AS n FROM ${quote(table)}${keyColumns.length === 0 ? "" : ` WHERE ${keyColumns.map((c) => `${quote(c.name)} = ?`).join(" AND ")}`}`,
    params: keyColumns.map((column, i) => comparableParam(column, key[i] ?? null)),
  }),
  estimateRows: (table) => ({
    sql: "SELECT TABLE_ROWS AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?",
    params: [table],
  }),
  digestRange,
  readTable: (table, columns, limit) => ({
    sql: `SELECT ${columns.map((name) => `${quote(name)} AS ${quote(name.toUpperCase())}`).join(", ")} FROM ${quote(table)}${limit === undefined ? "" : " LIMIT ?"}`,
    params: limit === undefined ? [] : [limit],
  }),
  readCheckpoint: (name) => ({
    sql: `SELECT LANE, SYNC_ID, JOURNAL_ID, DIGEST, TIMESTAMPDIFF(MICROSECOND, UPDATED_AT, UTC_TIMESTAMP(3)) / 1000000 AS AGE FROM ${quote(name)}`,
    params: [],
  }),
  // MariaDB has no FOR SHARE. A lock that waits goes before those that are asked for later ("InnoDB Locking").
  shareCheckpoint: (name) => ({ sql: `SELECT LANE FROM ${quote(name)} LOCK IN SHARE MODE`, params: [] }),
  insertCheckpoint: (name, row) => ({
    sql: `INSERT INTO ${quote(name)} (LANE, SYNC_ID, JOURNAL_ID, DIGEST, UPDATED_AT) VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3))`,
    params: [row.lane, row.position.toString(), row.journalId, row.digest],
  }),
  moveCheckpoint: (name, from, to) => ({
    sql: `UPDATE ${quote(name)} SET SYNC_ID = ?, DIGEST = ?, UPDATED_AT = UTC_TIMESTAMP(3)
WHERE LANE = ? AND SYNC_ID = ? AND JOURNAL_ID = ? AND DIGEST = ?`,
    params: [
      to.position.toString(),
      to.digest,
      from.lane,
      from.position.toString(),
      from.journalId,
      from.digest,
    ],
  }),
  readState: (name) => ({ sql: `SELECT NAME, VALUE, UPDATED_AT FROM ${quote(name)}`, params: [] }),
  writeState: (name, key, value) => ({
    sql: `INSERT INTO ${quote(name)} (NAME, VALUE, UPDATED_AT) VALUES (?, ?, UTC_TIMESTAMP(3))
ON DUPLICATE KEY UPDATE VALUE = VALUES(VALUE), UPDATED_AT = VALUES(UPDATED_AT)`,
    params: [key, value],
  }),
  deleteState: (name, keys) => ({ sql: `DELETE FROM ${quote(name)} WHERE NAME IN (?)`, params: [keys] }),
};

/** Deletes by a list of keys, in one statement unless the keys are more than it takes. */
export async function deleteRows(
  tx: Queryable,
  table: TargetTable,
  keys: readonly Key[],
  exactly: boolean,
): Promise<void> {
  const columns = table.key.map((column) => column.target);
  const bytewise = exactly ? ` AND ${exactTuple(columns)} IN (?)` : "";
  const sql = `DELETE FROM ${quote(table.target.name)} WHERE ${tuple(columns)} IN (?)${bytewise}`;
  const written = keys.map((key) => [
    tupleValue(columns, key),
    ...(exactly ? [exactValue(columns, key)] : []),
  ]);
  for (const part of partsBySize(written, textBytes, await roomFor(tx, table, sql))) {
    const lists = exactly ? [0, 1] : [0];
    await tx.execute(
      sql,
      lists.map((list) => listOf(part.map((texts) => texts[list] ?? ""))),
    );
  }
}
