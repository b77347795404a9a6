import type { Key } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Queryable } from "../db/database.ts";
import { type Row, rowTemplate, type Value } from "../row.ts";

/** Some columns of one table of one side. */
export interface RowSet {
  readonly dialect: Dialect;
  readonly db: Queryable;
  readonly table: string;
  readonly columns: readonly Column[];
  /** The columns of the plan's key, in its order. */
  readonly key: readonly Column[];
}

/** The next rows in the database's own order of the key. */
export async function readRange(set: RowSet, after: Key | undefined, limit: number): Promise<readonly Row[]> {
  const statement = set.dialect.sql.readKeyRange(set.table, set.columns, set.key, after, limit);
  return (await set.db.query(statement.sql, statement.params)).map(decoder(set));
}

/** The rows that hold these keys, in no order. */
export async function readKeys(set: RowSet, keys: readonly Key[]): Promise<readonly Row[]> {
  if (keys.length === 0) return [];
  const statement = set.dialect.sql.readRows(set.table, set.columns, set.key, keys);
  return (await set.db.query(statement.sql, statement.params)).map(decoder(set));
}

function decoder({ columns, dialect: { codec } }: RowSet): (raw: Readonly<Record<string, unknown>>) => Row {
  const named = columns.map((column) => ({ column, name: column.name.toUpperCase() }));
  const template = rowTemplate(named.map(({ name }) => name));
  return (raw) => {
    const row: Record<string, Value> = { ...template };
    for (const { column, name } of named) row[name] = codec.decode(column, raw[name]);
    return row;
  };
}

/** Values of the set's key columns. */
export function keyIn({ key }: RowSet, row: Row): Key {
  return namesOf(key).map((name) => row[name] ?? null);
}

const upperNames = new WeakMap<readonly Column[], readonly string[]>();

/** In upper case; asked for with every row. */
function namesOf(columns: readonly Column[]): readonly string[] {
  const known = upperNames.get(columns);
  if (known !== undefined) return known;
  const names = columns.map(({ name }) => name.toUpperCase());
  upperNames.set(columns, names);
  return names;
}

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
