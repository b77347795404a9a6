import type { Key } from "../../contract/change.ts";
import type { Statement } from "../../contract/dialect.ts";
import type { TargetColumn, TargetTable } from "../../contract/sync-plan.ts";
import type { Column } from "../../contract/table-schema.ts";
import type { Queryable } from "../../db/database.ts";
import { SyncError } from "../../errors.ts";
import type { Row, Value } from "../../row.ts";
import { rowsByShape } from "../row-shapes.ts";
import { encode } from "./codec.ts";
import {
  baseType,
  hasCodePage,
  isLossy,
  keyBytes,
  keyEquals,
  keyExpression,
  writeExpression,
} from "./column-sql.ts";
import { quote } from "./connect.ts";
import { isAscii, openJson, rowsAsJson } from "./row-set.ts";

/** The default that the introspector reports for a column whose values the server numbers. */
export const IDENTITY = "IDENTITY";

/**
 * Writes a batch, rows of one set of columns with one round trip: updates first, which free the unique keys that new
 * rows take over, then inserts. Not MERGE: to be safe against others it needs HOLDLOCK, whose range locks would make
 * green's own logins wait. Somebody else's insert of the same key in between is refused by the primary key, and the
 * batch then done again finds the row.
 */
export async function writeRows(
  tx: Queryable,
  table: TargetTable,
  rows: readonly Row[],
  keepOnUpdate: readonly string[],
): Promise<void> {
  for (const part of rowsByShape(rows)) {
    const statement = upsert(table, part, keepOnUpdate);
    await tx.execute(statement.sql, statement.params);
  }
}

/** The batch as one statement list; all rows have the same columns. */
export function upsert(table: TargetTable, rows: readonly Row[], keepOnUpdate: readonly string[]): Statement {
  const columns = table.targetColumns.filter((column) => rows[0] !== undefined && column.name in rows[0]);
  const targets = columns.map((column) => column.target);
  const values = rows.map((row) => columns.map((column) => row[column.name] ?? null));
  for (const row of values)
    for (const [i, value] of row.entries()) refuseUnreadable(table, columns[i], value);
  const ascii = isAscii(values);
  const name = quote(table.target.name);
  const source = openJson("@rows", targets);
  const at = (column: string): string => `v.c${columns.findIndex((c) => c.name === column)}`;
  const same = table.key
    .map((c) => keyEquals(c.target, `t.${quote(c.target.name)}`, at(c.name), ascii))
    .join(" AND ");
  const keys = new Set(table.key.map((c) => c.name));
  const updated = columns.filter(
    (c) => !keys.has(c.name) && !keepOnUpdate.includes(c.name) && !isIdentity(c.target),
  );
  const assign = (c: TargetColumn): string =>
    `t.${quote(c.target.name)} = ${writeExpression(c.target, at(c.name))}`;
  const statements = [
    ...lossGuard(columns, source, at, ascii),
    ...(updated.length === 0
      ? []
      : [`UPDATE t SET ${updated.map(assign).join(", ")} FROM ${name} AS t INNER JOIN ${source} ON ${same}`]),
    ...respell(table, name, source, at, same),
    `INSERT INTO ${name} (${targets.map((c) => quote(c.name)).join(", ")}) SELECT ${columns
      .map((c) => writeExpression(c.target, at(c.name)))
      .join(", ")} FROM ${source} WHERE NOT EXISTS (SELECT 1 FROM ${name} AS t WHERE ${same})`,
  ];
  const numbered = targets.some(isIdentity);
  // After a refusal the rest of the list would still be run, and an IF that asks for @@ERROR sets it anew ("@@ERROR").
  const guarded = statements.map(
    (statement) => `IF @failed = 0 BEGIN ${statement}; SET @failed = @@ERROR END`,
  );
  return {
    sql: [
      "DECLARE @rows nvarchar(max) = ?",
      "DECLARE @failed int = 0",
      ...(numbered ? [`SET IDENTITY_INSERT ${name} ON`] : []),
      ...guarded,
      ...(numbered ? [`SET IDENTITY_INSERT ${name} OFF`] : []),
    ].join(";\n"),
    params: [rowsAsJson(targets, values)],
  };
}

const isIdentity = (column: Column): boolean => column.default === IDENTITY;

/** Refuses the batch when a code page would turn characters into question marks. */
function lossGuard(
  columns: readonly TargetColumn[],
  source: string,
  at: (column: string) => string,
  ascii: boolean,
): readonly string[] {
  const narrow = ascii ? [] : columns.filter((c) => hasCodePage(c.target));
  if (narrow.length === 0) return [];
  const lossy = narrow.map((c) => isLossy(c.target, at(c.name))).join(" OR ");
  return [
    `IF EXISTS (SELECT 1 FROM ${source} WHERE ${lossy}) THROW 50001, N'a character does not fit the code page of its column', 1`,
  ];
}

/** A change of the key's case or trailing blanks alone: the same row to the collation, another text. */
function respell(
  table: TargetTable,
  name: string,
  source: string,
  at: (column: string) => string,
  same: string,
): readonly string[] {
  const loose = table.key.filter((c) => c.target.equality !== "exact");
  if (loose.length === 0) return [];
  const differs = loose.map(
    (c) => `${keyBytes(`t.${quote(c.target.name)}`)} <> ${keyBytes(keyExpression(c.target, at(c.name)))}`,
  );
  const set = loose.map((c) => `t.${quote(c.target.name)} = ${at(c.name)}`);
  return [
    `UPDATE t SET ${set.join(", ")} FROM ${name} AS t INNER JOIN ${source} ON ${same} WHERE ${differs.join(" OR ")}`,
  ];
}

/** Deletes by a list of keys in one statement. */
export async function deleteRows(
  tx: Queryable,
  table: TargetTable,
  keys: readonly Key[],
  exactly: boolean,
): Promise<void> {
  const statement = deletion(table, keys, exactly);
  await tx.execute(statement.sql, statement.params);
}

export function deletion(table: TargetTable, keys: readonly Key[], exactly: boolean): Statement {
  const columns = table.key.map((c) => c.target);
  const ascii = isAscii(keys);
  const conditions = columns.flatMap((column, i) => {
    const left = `t.${quote(column.name)}`;
    const same = keyEquals(column, left, `v.c${i}`, ascii);
    return exactly && column.kind === "text"
      ? [same, `${keyBytes(left)} = ${keyBytes(keyExpression(column, `v.c${i}`))}`]
      : [same];
  });
  return {
    sql: `DELETE t FROM ${quote(table.target.name)} AS t INNER JOIN ${openJson("?", columns)} ON ${conditions.join(" AND ")}`,
    params: [rowsAsJson(columns, keys)],
  };
}

const READABLE: Partial<Record<Column["kind"], RegExp>> = {
  integer: /^[+-]?\d{1,19}$/,
  decimal: /^[+-]?(\d+\.?\d*|\.\d+)$/,
  float: /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/,
  timestamp: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,7})?$/,
  date: /^\d{4}-\d\d-\d\d$/,
  time: /^\d\d:\d\d:\d\d(\.\d{1,7})?$/,
};

/** A value that cannot be converted ends the whole transaction on the server, so it is refused before it is sent. */
function refuseUnreadable(table: TargetTable, column: TargetColumn | undefined, value: Value): void {
  if (column === undefined || value === null) return;
  const encoded = encode(column.target, value);
  const form = READABLE[column.target.kind];
  if (form === undefined || typeof encoded !== "string") return;
  if (form.test(encoded) && !isOutOfRange(column.target, encoded)) return;
  throw new SyncError("TRANSFORM_FAILED", {
    what: `${table.target.name}.${column.name}: the value is no ${baseType(column.target)}`,
    next: "Look at the row on the source; give the target's column a type that holds it",
  });
}

/** First and last value, see the Transact-SQL reference, "int, bigint, smallint, and tinyint". */
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [0n, 255n],
  smallint: [-32_768n, 32_767n],
  int: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
};

function isOutOfRange(column: Column, text: string): boolean {
  const [least, most] = RANGES[baseType(column)] ?? [];
  if (least !== undefined && most !== undefined) {
    const number = BigInt(text.replace(/^\+/, ""));
    return number < least || number > most;
  }
  if (column.kind !== "timestamp" && column.kind !== "date") return false;
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  const last = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > last) return true;
  const first = { datetime: "1753", smalldatetime: "1900" }[baseType(column)] ?? "0001";
  return text.slice(0, 4) < first;
}
