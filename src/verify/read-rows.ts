import type { Key } from "../contract/change.ts";
import { readByKey, readRows, valuesIn } from "../contract/read-rows.ts";
import type { Side } from "../contract/side.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Row } from "../row.ts";

/** Some columns of one table of one side. */
export interface RowSet extends Side {
  readonly table: string;
  readonly columns: readonly Column[];
  /** The columns of the plan's key, in its order. */
  readonly key: readonly Column[];
}

/** The next rows in the database's own order of the key. */
export async function readRange(set: RowSet, after: Key | undefined, limit: number): Promise<readonly Row[]> {
  const statement = set.dialect.sql.readKeyRange(set.table, set.columns, set.key, after, limit);
  return await readRows(set, statement, set.columns);
}

/** The rows that hold these keys, in no order. */
export async function readKeys(set: RowSet, keys: readonly Key[]): Promise<readonly Row[]> {
  return await readByKey(set, set.table, set.columns, set.key, keys);
}

/** Values of the set's key columns. */
export const keyIn = ({ key }: RowSet, row: Row): Key => valuesIn(key, row);

/** Finds for each key the row that holds it: byte by byte where that is enough, else by asking the database. */
export async function findByKey(
  set: RowSet,
  keys: readonly Key[],
  text: (key: Key) => string,
): Promise<readonly (Row | undefined)[]> {
  const rows = await readKeys(set, keys);
  const byKey = new Map(rows.map((row) => [text(keyIn(set, row)), row]));
  const found = keys.map((key) => byKey.get(text(key)));
  const matched = new Set(found);
  if (rows.every((row) => matched.has(row))) return found;
  // Rows are left over: keys that are equal to the database ('Ann', 'ann') though not to us.
  const asked: (Row | undefined)[] = [];
  for (const [i, key] of keys.entries()) asked.push(found[i] ?? (await readKeys(set, [key]))[0]);
  return asked;
}
