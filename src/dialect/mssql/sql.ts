import type { Key } from "../../contract/change.ts";
import type { Dialect } from "../../contract/dialect.ts";
import type { Column } from "../../contract/table-schema.ts";
import type { Param } from "../../db/param.ts";
import type { Value } from "../../row.ts";
import { encode } from "./codec.ts";
import { keyEquals, keyExpression, readExpression } from "./column-sql.ts";
import { quote } from "./connect.ts";
import { isAscii, keySet } from "./row-set.ts";

const selectList = (columns: readonly Column[], table: string): string =>
  columns
    .map((column) => `${readExpression(column, table)} AS ${quote(column.name.toUpperCase())}`)
    .join(", ");

/**
 * How journals are read, with READ_COMMITTED_SNAPSHOT and without: rows that others have locked are passed by, so that a
 * writer's uncommitted row looks like a hole until it commits and no read waits for it. READPAST goes with locking reads
 * only, and passes by locks of rows, not of pages: ROWLOCK keeps a long read from locking pages that writers need ("Table
 * Hints").
 */
export const PASSING = "WITH (READCOMMITTEDLOCK, READPAST, ROWLOCK)";

/** A read that must see a row even when somebody, `purge` say, has it locked at the moment. */
const WAITING = "WITH (READCOMMITTEDLOCK, ROWLOCK)";

/**
 * How an application's table is read: without READ_COMMITTED_SNAPSHOT each row is locked while it is read, and only it
 * ("Table Hints", READCOMMITTED, ROWLOCK).
 */
const SHARING = "WITH (ROWLOCK)";

/** A key's value as the text that the key expressions take. */
function keyText(column: Column, value: Value): Param {
  const encoded = encode(column, value);
  return encoded instanceof Uint8Array ? Buffer.from(encoded).toString("hex") : encoded;
}

/** Style 126 gives every digit of a datetime2 ("CAST and CONVERT", date and time styles). */
const OWN = "j.[SYNC_ID], j.[ACTION], CONVERT(varchar(33), j.[CAPTURED_AT], 126) AS [CAPTURED_AT]";

export const sql: Dialect["sql"] = {
  quote,
  readChanges(table, from, limit) {
    const list = `${OWN}, ${selectList(
      table.sourceColumns.map((c) => c.source),
      "j",
    )}`;
    const journal = quote(table.names.journal);
    if (from === 1n) {
      return {
        sql: `SELECT TOP (?) ${list} FROM ${journal} AS j ${PASSING} WHERE j.[SYNC_ID] >= CONVERT(bigint, ?) ORDER BY j.[SYNC_ID]`,
        params: [limit, from.toString()],
      };
    }
    // The first row is the one that proves the journal: it must not be passed by because `purge` has it locked.
    return {
      sql: `SELECT TOP (?) r.* FROM (
SELECT ${list} FROM ${journal} AS j ${WAITING} WHERE j.[SYNC_ID] = CONVERT(bigint, ?)
UNION ALL
SELECT n.* FROM (SELECT TOP (?) ${list} FROM ${journal} AS j ${PASSING} WHERE j.[SYNC_ID] > CONVERT(bigint, ?) ORDER BY j.[SYNC_ID]) AS n
) AS r ORDER BY r.[SYNC_ID]`,
      params: [limit, from.toString(), limit, from.toString()],
    };
  },
  changeSizes: (table, columns, from, limit) => ({
    sql: `SELECT TOP (?) j.[SYNC_ID], ${columns
      .map(({ name }) => `COALESCE(CONVERT(bigint, DATALENGTH(j.${quote(name)})), 0)`)
      .join(
        " + ",
      )} AS [BYTES] FROM ${quote(table.names.journal)} AS j ${PASSING} WHERE j.[SYNC_ID] >= CONVERT(bigint, ?) ORDER BY j.[SYNC_ID]`,
    params: [limit, from.toString()],
  }),
  readChangesAt: (table, positions) => ({
    sql: `SELECT ${OWN}, ${selectList(
      table.sourceColumns.map((c) => c.source),
      "j",
    )} FROM ${quote(table.names.journal)} AS j ${WAITING} WHERE j.[SYNC_ID] IN (${positions
      .map(() => "CONVERT(bigint, ?)")
      .join(", ")}) ORDER BY j.[SYNC_ID]`,
    params: positions.map(String),
  }),
  laterChange(table, after, key) {
    const columns = table.key.map((c) => c.source);
    const rows = keySet(columns, [key]);
    const same = columns.map((c, i) => keyEquals(c, `j.${quote(c.name)}`, `v.c${i}`, isAscii([key])));
    return {
      sql: `SELECT TOP (1) j.[SYNC_ID] FROM ${quote(table.names.journal)} AS j ${PASSING} INNER JOIN ${rows.sql} ON ${same.join(" AND ")} WHERE j.[SYNC_ID] > CONVERT(bigint, ?) AND j.[ACTION] <> 'RESPELLED'`,
      params: [...rows.params, after.toString()],
    };
  },
  changedAfter(journal, keyColumns, keys, after) {
    const rows = keySet(keyColumns, keys);
    const ascii = isAscii(keys);
    const same = keyColumns.map((column, i) =>
      keyEquals(column, `j.${quote(column.name)}`, `v.c${i}`, ascii),
    );
    return {
      sql: `SELECT DISTINCT ${selectList(keyColumns, "j")} FROM ${quote(journal)} AS j ${PASSING} INNER JOIN ${rows.sql} ON ${same.join(" AND ")} WHERE j.[SYNC_ID] > CONVERT(bigint, ?)`,
      params: [...rows.params, after.toString()],
    };
  },
  countChanges: (journal, after, atMost) => ({
    sql: `SELECT COUNT_BIG(*) AS n FROM (SELECT TOP (?) 1 AS one FROM ${quote(journal)} ${PASSING} WHERE [SYNC_ID] > CONVERT(bigint, ?)) AS counted`,
    params: [atMost, after.toString()],
  }),
  oldestChange: (journal, after) => ({
    sql: `SELECT TOP (1) [SYNC_ID] AS [position], DATEDIFF_BIG(millisecond, [CAPTURED_AT], SYSUTCDATETIME()) / 1000.0 AS [age] FROM ${quote(journal)} ${PASSING} WHERE [SYNC_ID] > CONVERT(bigint, ?) ORDER BY [SYNC_ID]`,
    params: [after.toString()],
  }),
  markPurged: (table, position) => ({
    sql: `UPDATE ${quote(table.names.journal)} WITH (ROWLOCK) SET [ACTION] = 'PURGE'${table.source.columns
      .filter((c) => !c.generated)
      .map((c) => `, ${quote(c.name)} = NULL`)
      .join("")} WHERE [SYNC_ID] = CONVERT(bigint, ?)`,
    params: [position.toString()],
  }),
  purgeBefore: (journal, position, limit) => ({
    sql: `DELETE FROM ${quote(journal)} WITH (ROWLOCK) WHERE [SYNC_ID] IN (SELECT TOP (?) [SYNC_ID] FROM ${quote(journal)} ${WAITING} WHERE [SYNC_ID] < CONVERT(bigint, ?) ORDER BY [SYNC_ID])`,
    params: [limit, position.toString()],
  }),
  highestAtOrBelow: (journal, position) => ({
    sql: `SELECT MAX([SYNC_ID]) AS [position] FROM ${quote(journal)} ${PASSING} WHERE [SYNC_ID] <= CONVERT(bigint, ?)`,
    params: [position.toString()],
  }),
  presentIn: (journal, ranges) => ({
    sql: `SELECT [SYNC_ID] AS [position] FROM ${quote(journal)} ${PASSING} WHERE ${ranges
      .map(() => "[SYNC_ID] BETWEEN CONVERT(bigint, ?) AND CONVERT(bigint, ?)")
      .join(" OR ")} ORDER BY [SYNC_ID]`,
    params: ranges.flatMap(({ first, last }) => [first.toString(), last.toString()]),
  }),
  readRows(table, columns, keyColumns, keys) {
    const rows = keySet(keyColumns, keys);
    const ascii = isAscii(keys);
    return {
      sql: `SELECT ${selectList(columns, "t")} FROM ${quote(table)} AS t ${SHARING} INNER JOIN ${rows.sql} ON ${keyColumns
        .map((column, i) => keyEquals(column, `t.${quote(column.name)}`, `v.c${i}`, ascii))
        .join(" AND ")}`,
      params: rows.params,
    };
  },
  readKeyRange(table, columns, keyColumns, after, limit) {
    const range = after === undefined ? undefined : keyRange(keyColumns, after);
    return {
      sql: `SELECT TOP (?) ${selectList(columns, "t")} FROM ${quote(table)} AS t ${SHARING}${
        range === undefined ? "" : ` WHERE ${range.sql}`
      } ORDER BY ${keyColumns.map((column) => `t.${quote(column.name)}`).join(", ")}`,
      params: [limit, ...(range?.params ?? [])],
    };
  },
  countRows(table, keyColumns = [], key = []) {
    const from = `SELECT COUNT_BIG(*) AS n FROM ${quote(table)} AS t ${SHARING}`;
    if (keyColumns.length === 0) return { sql: from, params: [] };
    const rows = keySet(keyColumns, [key]);
    const same = keyColumns.map((column, i) =>
      keyEquals(column, `t.${quote(column.name)}`, `v.c${i}`, isAscii([key])),
    );
    return { sql: `${from} INNER JOIN ${rows.sql} ON ${same.join(" AND ")}`, params: rows.params };
  },
  // Heap or clustered index. https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
  estimateRows: (table) => ({
    sql: "SELECT SUM(rows) AS n FROM sys.partitions WHERE object_id = OBJECT_ID(?) AND index_id IN (0, 1)",
    params: [quote(table)],
  }),
  readTable: (table, columns, limit) => ({
    sql: `SELECT ${limit === undefined ? "" : "TOP (?) "}${columns
      .map((name) => `${quote(name)} AS ${quote(name.toUpperCase())}`)
      .join(", ")} FROM ${quote(table)} ${SHARING}`,
    params: limit === undefined ? [] : [limit],
  }),
  readCheckpoint: (name) => ({
    sql: `SELECT [LANE], [SYNC_ID], [JOURNAL_ID], [DIGEST], DATEDIFF(second, [UPDATED_AT], SYSUTCDATETIME()) AS [AGE] FROM ${quote(name)}`,
    params: [],
  }),
  // Shared locks are kept to the end of the transaction, also where row versions are read ("Table hints"); they are given in
  // the order in which they were asked for ("Transaction locking and row versioning guide").
  shareCheckpoint: (name) => ({
    sql: `SELECT [LANE] FROM ${quote(name)} WITH (REPEATABLEREAD)`,
    params: [],
  }),
  insertCheckpoint: (name, row) => ({
    sql: `INSERT INTO ${quote(name)} ([LANE], [SYNC_ID], [JOURNAL_ID], [DIGEST], [UPDATED_AT]) VALUES (?, CONVERT(bigint, ?), ?, ?, SYSUTCDATETIME())`,
    params: [row.lane, row.position.toString(), row.journalId, row.digest],
  }),
  moveCheckpoint: (name, from, to) => ({
    sql: `UPDATE ${quote(name)} SET [SYNC_ID] = CONVERT(bigint, ?), [DIGEST] = ?, [UPDATED_AT] = SYSUTCDATETIME()
WHERE [LANE] = ? AND [SYNC_ID] = CONVERT(bigint, ?) AND [JOURNAL_ID] = ? AND [DIGEST] = ?`,
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
    sql: `SELECT [NAME], [VALUE], CONVERT(varchar(23), [UPDATED_AT], 126) AS [UPDATED_AT] FROM ${quote(name)}`,
    params: [],
  }),
  // HOLDLOCK keeps two sessions from both finding that the entry is not there ("MERGE", concurrency).
  writeState: (name, key, value) => ({
    sql: `MERGE INTO ${quote(name)} WITH (HOLDLOCK) AS s USING (SELECT CONVERT(varchar(700), ?) AS [NAME], CONVERT(varchar(4000), ?) AS [VALUE]) AS n ON s.[NAME] = n.[NAME]
WHEN MATCHED THEN UPDATE SET [VALUE] = n.[VALUE], [UPDATED_AT] = SYSUTCDATETIME()
WHEN NOT MATCHED THEN INSERT ([NAME], [VALUE], [UPDATED_AT]) VALUES (n.[NAME], n.[VALUE], SYSUTCDATETIME());`,
    params: [key, value],
  }),
  deleteState: (name, keys) => ({
    sql: `DELETE FROM ${quote(name)} WHERE [NAME] IN (${keys.map(() => "CONVERT(varchar(700), ?)").join(", ")})`,
    params: keys,
  }),
};

/** `(a, b) > (x, y)`, which Transact-SQL cannot say in one comparison. */
function keyRange(columns: readonly Column[], after: Key): { sql: string; params: readonly Param[] } {
  const params: Param[] = [];
  const compare = (i: number, operator: string): string => {
    const column = columns[i] as Column;
    params.push(keyText(column, after[i] ?? null));
    return `t.${quote(column.name)} ${operator} ${keyExpression(column, "?")}`;
  };
  const alternatives = columns.map((_, i) =>
    [...columns.slice(0, i).map((_, k) => compare(k, "=")), compare(i, ">")].join(" AND "),
  );
  return { sql: alternatives.map((alternative) => `(${alternative})`).join(" OR "), params };
}
