/** Rows of a side as sync-tool carries them: the one place where what a driver gives becomes a row. */
import type { ResultRow } from "../db/database.ts";
import { type Row, rowTemplate, type Value } from "../row.ts";
import type { Key } from "./change.ts";
import type { Dialect } from "./dialect.ts";
import type { Side } from "./side.ts";
import type { Statement } from "./statements.ts";
import type { Column } from "./table-schema.ts";

/** No database takes fewer parameters in one statement (SQL Server: 2,100). */
const MOST_PARAMETERS = 2_000;
const MOST_KEYS = 1_000;

/**
 * Gives the row that a result row holds, whether it came by names or as a list; its columns are these, the first of them at
 * the place `from` of the statement's.
 */
export function rowDecoder(
  { codec }: Dialect,
  columns: readonly Column[],
  from = 0,
): (raw: ResultRow) => Row {
  const named = columns.map((column, i) => ({
    column,
    name: column.name.toUpperCase(),
    place: from + i,
    isPlain: codec.isPlain?.(column) ?? false,
  }));
  const template = rowTemplate(named.map(({ name }) => name));
  return (raw) => {
    const row: Record<string, Value> = { ...template };
    const isList = Array.isArray(raw);
    for (const { column, name, place, isPlain } of named) {
      const value = isList ? raw[place] : raw[name];
      row[name] = isPlain && typeof value === "string" ? value : codec.decode(column, value);
    }
    return row;
  };
}

/** The rows of a statement that gives these columns, in this order. */
export async function readRows(
  { dialect, db }: Side,
  { sql, params }: Statement,
  columns: readonly Column[],
): Promise<readonly Row[]> {
  return (await db.query(sql, params, { asLists: true })).map(rowDecoder(dialect, columns));
}

/** Some columns of the rows of a table that have one of `keys` in the columns `by`, in no order. */
export async function readByKey(
  side: Side,
  table: string,
  columns: readonly Column[],
  by: readonly Column[],
  keys: readonly Key[],
): Promise<readonly Row[]> {
  const found: Row[] = [];
  const atOnce = Math.min(MOST_KEYS, Math.floor(MOST_PARAMETERS / by.length));
  for (let i = 0; i < keys.length; i += atOnce) {
    const part = keys.slice(i, i + atOnce);
    found.push(...(await readRows(side, side.dialect.sql.readRows(table, columns, by, part), columns)));
  }
  return found;
}

/** A row's values in some of its columns. */
export function valuesIn(columns: readonly Column[], row: Row): Key {
  return namesOf(columns).map((name) => row[name] ?? null);
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
