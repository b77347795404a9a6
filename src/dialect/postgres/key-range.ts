import type { Key } from "../../contract/change.ts";
import type { Statement } from "../../contract/dialect.ts";
import type { Column } from "../../contract/table-schema.ts";
import { cast } from "./column-sql.ts";
import { comparable } from "./comparable.ts";
import { quote } from "./connect.ts";

/** The first rows in order of the key that come after a key; from the start when it is undefined. */
export function keyRange(
  select: string,
  table: string,
  keyColumns: readonly Column[],
  after: Key | undefined,
  limit: number,
): Statement {
  const quoted = keyColumns.map((column) => quote(column.name)).join(", ");
  const where = ` WHERE (${quoted}) > (${keyColumns.map((c) => `?::${cast(c)}`).join(", ")})`;
  return {
    sql: `SELECT ${select} FROM ${quote(table)}${after === undefined ? "" : where} ORDER BY ${quoted} LIMIT ?`,
    params: [...keyColumns.flatMap((c, i) => (after ? [comparable(c, after[i] ?? null)] : [])), limit],
  };
}
