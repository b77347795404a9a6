import type { Key } from "../../contract/change.ts";
import type { Statement } from "../../contract/dialect.ts";
import type { TargetTable } from "../../contract/sync-plan.ts";
import type { Queryable } from "../../db/database.ts";
import type { Row } from "../../row.ts";
import { rowsByShape } from "../row-shapes.ts";
import { keyExpression, keyParameter, listExpression, parameter } from "./column-sql.ts";
import { quote } from "./connect.ts";
import { isHeld } from "./holdable.ts";
import { LetterLost } from "./letter-lost.ts";

/**
 * Writes a batch, rows of one set of columns with one round trip: array DML runs the MERGE once for each row on the
 * server (node-oracledb documentation, "Batch Statement Execution and Bulk Loading"), matching by the primary key alone;
 * MERGE cannot change the columns it matches by (ORA-38104), and need not. Somebody else's insert of the same key in
 * between is refused by the primary key, and the batch then done again finds the row.
 */
export async function writeRows(
  tx: Queryable,
  table: TargetTable,
  rows: readonly Row[],
  keepOnUpdate: readonly string[],
): Promise<void> {
  for (const part of rowsByShape(rows)) {
    const statement = merge(table, part, keepOnUpdate);
    await tx.execute(statement.sql, statement.params);
  }
}

/** The batch as one MERGE with a list of values for each column; all rows have the same columns. */
export function merge(table: TargetTable, rows: readonly Row[], keepOnUpdate: readonly string[]): Statement {
  const columns = table.targetColumns.filter((column) => rows[0] !== undefined && column.name in rows[0]);
  const keys = new Set(table.key.map((c) => c.name));
  const at = (column: string): string => `v.C${columns.findIndex((c) => c.name === column)}`;
  const updated = columns.filter((c) => !keys.has(c.name) && !keepOnUpdate.includes(c.name));
  const params = columns.map(({ name, target }) =>
    rows.map((row) => {
      const value = row[name] ?? null;
      if (!isHeld(target, value)) throw new LetterLost();
      return parameter(target, value);
    }),
  );
  const values = columns.map(
    ({ name, target }, i) =>
      `${keys.has(name) ? keyExpression(target) : listExpression(target, params[i] ?? [])} AS C${i}`,
  );
  const set = updated.map((c) => `t.${quote(c.target.name)} = ${at(c.name)}`);
  return {
    sql: `MERGE INTO ${quote(table.target.name)} t USING (SELECT ${values.join(", ")} FROM DUAL) v
ON (${table.key.map((c) => `t.${quote(c.target.name)} = ${at(c.name)}`).join(" AND ")})
${set.length === 0 ? "" : `WHEN MATCHED THEN UPDATE SET ${set.join(", ")}\n`}WHEN NOT MATCHED THEN INSERT (${columns
      .map((c) => quote(c.target.name))
      .join(", ")}) VALUES (${columns.map((c) => at(c.name)).join(", ")})`,
    params,
  };
}

/** Deletes by a list of keys, the same way. Keys are always compared byte by byte here, but for the blanks of a CHAR. */
export async function deleteRows(tx: Queryable, table: TargetTable, keys: readonly Key[]): Promise<void> {
  const statement = deletion(table, keys);
  await tx.execute(statement.sql, statement.params);
}

export function deletion(table: TargetTable, keys: readonly Key[]): Statement {
  const columns = table.key.map((c) => c.target);
  return {
    sql: `DELETE FROM ${quote(table.target.name)} t WHERE ${columns
      .map((column) => `t.${quote(column.name)} = ${keyExpression(column)}`)
      .join(" AND ")}`,
    params: columns.map((column, i) => keys.map((key) => keyParameter(column, key[i] ?? null))),
  };
}
