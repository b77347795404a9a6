import type { Key } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import { readByKey, valuesIn } from "../contract/read-rows.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Queryable } from "../db/database.ts";

/** Where to look, by the names of one side: a table, the columns of its key, and those to look by. */
export interface KeySearch {
  readonly table: string;
  readonly own: readonly Column[];
  readonly by: readonly Column[];
}

/** The keys of a table's rows that have one of `values` in the columns `by`. */
export async function findKeys(
  db: Queryable,
  dialect: Dialect,
  { table, own, by }: KeySearch,
  values: readonly Key[],
): Promise<readonly Key[]> {
  const rows = await readByKey({ dialect, db }, table, own, by, values);
  return rows.map((row) => valuesIn(own, row));
}
