import type { Key } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Queryable } from "../db/database.ts";

/** Parameters of one statement stay below every database's limit. */
const KEYS_PER_STATEMENT = 500;

/** Where to look, by the names of one side: a table, the columns of its key, and those to look by. */
export interface KeySearch {
  readonly table: string;
  readonly own: readonly Column[];
  readonly by: readonly Column[];
}

/** The keys of a table's rows that have one of `values` in the columns `by`. */
export async function findKeys(
  db: Queryable,
  { sql, codec }: Dialect,
  { table, own, by }: KeySearch,
  values: readonly Key[],
): Promise<readonly Key[]> {
  const found: Key[] = [];
  for (let i = 0; i < values.length; i += KEYS_PER_STATEMENT) {
    const statement = sql.readRows(table, own, by, values.slice(i, i + KEYS_PER_STATEMENT));
    for (const raw of await db.query(statement.sql, statement.params))
      found.push(own.map((column) => codec.decode(column, raw[column.name.toUpperCase()])));
  }
  return found;
}
