import type { Key } from "../../contract/change.ts";
import type { Dialect, Statement } from "../../contract/dialect.ts";
import type { Column } from "../../contract/table-schema.ts";
import type { Param } from "../../db/param.ts";
import { keyExpression, keyParameter, readExpression } from "./column-sql.ts";
import { quote } from "./connect.ts";

/** More than this many expressions are not allowed in one list ("SQL Language Reference", "Expression Lists"). */
const MAX_LIST = 1_000;

const selectList = (columns: readonly Column[], table: string): string =>
  columns
    .map((column) => `${readExpression(column, table)} AS ${quote(column.name.toUpperCase())}`)
    .join(", ");

const keyParams = (columns: readonly Column[], key: Key): readonly Param[] =>
  columns.map((column, i) => keyParameter(column, key[i] ?? null));

/** The digest of a checkpoint at position 0 is the empty text, which is stored as NULL. */
const SAME_DIGEST = `NVL("DIGEST", '-') = NVL(?, '-')`;

const NOW_UTC = "SYS_EXTRACT_UTC(SYSTIMESTAMP)";

const TIME = "YYYY-MM-DD HH24:MI:SS.FF";

const OWN = `j."SYNC_ID", j."ACTION", TO_CHAR(j."CAPTURED_AT", '${TIME}6') AS "CAPTURED_AT"`;

/** Characters of a CLOB, bytes of the rest ("PL/SQL Packages and Types Reference", DBMS_LOB.GETLENGTH). */
const octets = ({ name, type }: Column): string =>
  `COALESCE(${/LOB\b/.test(type) ? "DBMS_LOB.GETLENGTH" : "LENGTHB"}(j.${quote(name)}), 0)`;

export const sql: Dialect["sql"] = {
  quote,
  readChanges: (table, from, limit) => ({
    sql: `SELECT ${OWN}, ${selectList(
      table.sourceColumns.map((c) => c.source),
      "j",
    )}
FROM ${quote(table.names.journal)} j WHERE j."SYNC_ID" >= TO_NUMBER(?) ORDER BY j."SYNC_ID" FETCH FIRST ? ROWS ONLY`,
    params: [from.toString(), limit],
  }),
  changeSizes: (table, columns, from, limit) => ({
    sql: `SELECT j."SYNC_ID", ${columns.map(octets).join(" + ")} AS "BYTES"
FROM ${quote(table.names.journal)} j WHERE j."SYNC_ID" >= TO_NUMBER(?) ORDER BY j."SYNC_ID" FETCH FIRST ? ROWS ONLY`,
    params: [from.toString(), limit],
  }),
  readChangesAt: (table, positions) => ({
    sql: `SELECT ${OWN}, ${selectList(
      table.sourceColumns.map((c) => c.source),
      "j",
    )}
FROM ${quote(table.names.journal)} j WHERE j."SYNC_ID" IN (${positions.map(() => "TO_NUMBER(?)").join(", ")}) ORDER BY j."SYNC_ID"`,
    params: positions.map(String),
  }),
  laterChange(table, after, key) {
    const columns = table.key.map((c) => c.source);
    return {
      sql: `SELECT j."SYNC_ID" FROM ${quote(table.names.journal)} j WHERE j."SYNC_ID" > TO_NUMBER(?) AND j."ACTION" <> 'RESPELLED' AND ${columns
        .map((c) => `j.${quote(c.name)} = ${keyExpression(c)}`)
        .join(" AND ")} FETCH FIRST 1 ROWS ONLY`,
      params: [after.toString(), ...keyParams(columns, key)],
    };
  },
  changedAfter: (journal, keyColumns, keys, after) => ({
    sql: `SELECT DISTINCT ${selectList(keyColumns, "j")} FROM ${quote(journal)} j WHERE j."SYNC_ID" > TO_NUMBER(?) AND (${keyLists(keyColumns, keys, "j")})`,
    params: [after.toString(), ...keys.flatMap((key) => keyParams(keyColumns, key))],
  }),
  countChanges: (journal, after, atMost) => ({
    sql: `SELECT COUNT(*) AS "n" FROM (SELECT 1 FROM ${quote(journal)} WHERE "SYNC_ID" > TO_NUMBER(?) FETCH FIRST ? ROWS ONLY)`,
    params: [after.toString(), atMost],
  }),
  oldestChange: (journal, after) => ({
    sql: `SELECT "SYNC_ID" AS "position", (CAST(${NOW_UTC} AS DATE) - CAST("CAPTURED_AT" AS DATE)) * 86400 AS "age" FROM ${quote(journal)} WHERE "SYNC_ID" > TO_NUMBER(?) ORDER BY "SYNC_ID" FETCH FIRST 1 ROWS ONLY`,
    params: [after.toString()],
  }),
  markPurged: (table, position) => ({
    sql: `UPDATE ${quote(table.names.journal)} SET "ACTION" = 'PURGE'${table.source.columns
      .filter((c) => !c.generated)
      .map((c) => `, ${quote(c.name)} = NULL`)
      .join("")} WHERE "SYNC_ID" = TO_NUMBER(?)`,
    params: [position.toString()],
  }),
  purgeBefore: (journal, position, limit) => ({
    sql: `DELETE FROM ${quote(journal)} WHERE "SYNC_ID" IN (SELECT "SYNC_ID" FROM ${quote(journal)} WHERE "SYNC_ID" < TO_NUMBER(?) ORDER BY "SYNC_ID" FETCH FIRST ? ROWS ONLY)`,
    params: [position.toString(), limit],
  }),
  highestAtOrBelow: (journal, position) => ({
    sql: `SELECT MAX("SYNC_ID") AS "position" FROM ${quote(journal)} WHERE "SYNC_ID" <= TO_NUMBER(?)`,
    params: [position.toString()],
  }),
  presentIn: (journal, ranges) => ({
    sql: `SELECT "SYNC_ID" AS "position" FROM ${quote(journal)} WHERE ${ranges
      .map(() => `"SYNC_ID" BETWEEN TO_NUMBER(?) AND TO_NUMBER(?)`)
      .join(" OR ")} ORDER BY "SYNC_ID"`,
    params: ranges.flatMap(({ first, last }) => [first.toString(), last.toString()]),
  }),
  readRows: (table, columns, keyColumns, keys) => ({
    sql: `SELECT ${selectList(columns, "t")} FROM ${quote(table)} t WHERE ${keyLists(keyColumns, keys)}`,
    params: keys.flatMap((key) => keyParams(keyColumns, key)),
  }),
  readKeyRange(table, columns, keyColumns, after, limit) {
    const range = after === undefined ? undefined : keyRange(keyColumns, after);
    return {
      sql: `SELECT ${selectList(columns, "t")} FROM ${quote(table)} t${
        range === undefined ? "" : ` WHERE ${range.sql}`
      } ORDER BY ${keyColumns.map((column) => `t.${quote(column.name)}`).join(", ")} FETCH FIRST ? ROWS ONLY`,
      params: [...(range?.params ?? []), limit],
    };
  },
  countRows: (table, keyColumns = [], key = []) => ({
    sql: `SELECT COUNT(*) AS "n" FROM ${quote(table)} t${
      keyColumns.length === 0
        ? ""
        : ` WHERE ${keyColumns.map((column) => `t.${quote(column.name)} = ${keyExpression(column)}`).join(" AND ")}`
    }`,
    params: keyParams(keyColumns, key),
  }),
  estimateRows: (table) => ({
    sql: `SELECT num_rows AS "n" FROM all_tables WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = ?`,
    params: [table],
  }),
  readTable: (table, columns, limit) => ({
    sql: `SELECT ${columns.map((name) => `${quote(name)} AS ${quote(name.toUpperCase())}`).join(", ")} FROM ${quote(table)} t${limit === undefined ? "" : " FETCH FIRST ? ROWS ONLY"}`,
    params: limit === undefined ? [] : [limit],
  }),
  readCheckpoint: (name) => ({
    sql: `SELECT "LANE", "SYNC_ID", "JOURNAL_ID", "DIGEST", (CAST(${NOW_UTC} AS DATE) - CAST("UPDATED_AT" AS DATE)) * 86400 AS "AGE" FROM ${quote(name)}`,
    params: [],
  }),
  // A row has no lock that can be shared; a table has, and its queue is fair ("Database Concepts", table locks). Any right to
  // the table other than READ is enough for it ("SQL Language Reference", LOCK TABLE).
  shareCheckpoint: (name) => ({ sql: `LOCK TABLE ${quote(name)} IN SHARE MODE`, params: [] }),
  insertCheckpoint: (name, row) => ({
    sql: `INSERT INTO ${quote(name)} ("LANE", "SYNC_ID", "JOURNAL_ID", "DIGEST", "UPDATED_AT") VALUES (?, TO_NUMBER(?), ?, ?, ${NOW_UTC})`,
    params: [row.lane, row.position.toString(), row.journalId, row.digest],
  }),
  moveCheckpoint: (name, from, to) => ({
    sql: `UPDATE ${quote(name)} SET "SYNC_ID" = TO_NUMBER(?), "DIGEST" = ?, "UPDATED_AT" = ${NOW_UTC}
WHERE "LANE" = ? AND "SYNC_ID" = TO_NUMBER(?) AND "JOURNAL_ID" = ? AND ${SAME_DIGEST}`,
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
    sql: `SELECT "NAME", "VALUE", TO_CHAR("UPDATED_AT", '${TIME}3') AS "UPDATED_AT" FROM ${quote(name)}`,
    params: [],
  }),
  writeState: (name, key, value) => ({
    sql: `MERGE INTO ${quote(name)} s USING (SELECT ? AS "NAME", ? AS "VALUE" FROM DUAL) n ON (s."NAME" = n."NAME")
WHEN MATCHED THEN UPDATE SET s."VALUE" = n."VALUE", s."UPDATED_AT" = ${NOW_UTC}
WHEN NOT MATCHED THEN INSERT ("NAME", "VALUE", "UPDATED_AT") VALUES (n."NAME", n."VALUE", ${NOW_UTC})`,
    params: [key, value],
  }),
  deleteState: (name, keys) => ({
    sql: `DELETE FROM ${quote(name)} WHERE "NAME" IN (${keys.map(() => "?").join(", ")})`,
    params: keys,
  }),
};

/** `(a, b) IN ((x, y), ...)`, in lists that are not too long. */
function keyLists(columns: readonly Column[], keys: readonly Key[], table = "t"): string {
  const names = columns.map((column) => `${table}.${quote(column.name)}`);
  const one = columns.map(keyExpression);
  const isSingle = columns.length === 1;
  const left = isSingle ? names.join() : `(${names.join(", ")})`;
  const right = isSingle ? one.join() : `(${one.join(", ")})`;
  const lists: string[] = [];
  for (let i = 0; i < keys.length; i += MAX_LIST) {
    const count = Math.min(MAX_LIST, keys.length - i);
    lists.push(`${left} IN (${Array.from({ length: count }, () => right).join(", ")})`);
  }
  return lists.length === 0 ? "1 = 0" : lists.join(" OR ");
}

/** `(a, b) > (x, y)`, which Oracle cannot say in one comparison. */
function keyRange(columns: readonly Column[], after: Key): Statement {
  const params: Param[] = [];
  const compare = (i: number, operator: string): string => {
    const column = columns[i] as Column;
    params.push(keyParameter(column, after[i] ?? null));
    return `t.${quote(column.name)} ${operator} ${keyExpression(column)}`;
  };
  const alternatives = columns.map((_, i) =>
    [...columns.slice(0, i).map((_, k) => compare(k, "=")), compare(i, ">")].join(" AND "),
  );
  return { sql: alternatives.map((alternative) => `(${alternative})`).join(" OR "), params };
}
