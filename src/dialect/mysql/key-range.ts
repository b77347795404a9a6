import type { Key } from "../../contract/change.ts";
import type { Statement } from "../../contract/dialect.ts";
import type { Column } from "../../contract/table-schema.ts";
import type { Param } from "../../db/param.ts";
import { comparableParam } from "./comparable.ts";
import { quote } from "./connect.ts";

/** The first rows in order of the key that come after a key; from the start when it is undefined. */
export function keyRange(
  select: string,
  table: string,
  keyColumns: readonly Column[],
  after: Key | undefined,
  limit: number,
): Statement {
  const behind = after === undefined ? undefined : afterKey(keyColumns, after);
  return {
    sql: `SELECT ${select} FROM ${quote(table)}${behind === undefined ? "" : ` WHERE ${behind.sql}`}
ORDER BY ${keyColumns.map(ordered).join(", ")} LIMIT ?`,
    params: [...(behind?.params ?? []), limit],
  };
}

/** ENUM and SET are sorted by their numbers and compared as texts (MySQL manual, "The ENUM Type"): texts both times. */
const ordered = ({ name, type }: Column): string =>
  /^(enum|set)\b/i.test(type) ? `CONCAT(${quote(name)})` : quote(name);

/**
 * `a > ? OR (a = ? AND b > ?)`: the optimizer walks the index for it, which it does not for `(a, b) > (?, ?)` (MySQL
 * manual, "Range Optimization of Row Constructor Expressions").
 */
function afterKey(columns: readonly Column[], after: Key): { sql: string; params: readonly Param[] } {
  const values = columns.map((column, i) => comparableParam(column, after[i] ?? null));
  const parts = columns.map(
    (column, i) =>
      `(${[...columns.slice(0, i).map((c) => `${ordered(c)} = ?`), `${ordered(column)} > ?`].join(" AND ")})`,
  );
  return { sql: `(${parts.join(" OR ")})`, params: columns.flatMap((_, i) => values.slice(0, i + 1)) };
}
