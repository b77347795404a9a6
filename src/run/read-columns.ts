/** Reading a few columns of a table that look-ups are made of, and keeping what was read for a while. */

import { readByKey, readRows } from "../contract/read-rows.ts";
import type { Side } from "../contract/side.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Row } from "../row.ts";
import { monotonic } from "../util/monotonic.ts";

/** How long a look-up of a whole table is used: tenants are made rarely, and mostly on blue. */
const FRESH_MS = 10_000;

/** Some columns of a table, of all rows or of those with one of these keys (each with the same columns). */
export async function readColumns(
  side: Side,
  name: string,
  wanted: readonly string[],
  keys?: readonly Row[],
): Promise<readonly Row[]> {
  if (keys?.length === 0) return [];
  const { dialect, db } = side;
  const [table] = await dialect.introspector.tables(db, [name]);
  if (table === undefined) return [];
  const named = (names: readonly string[]): readonly Column[] =>
    names.flatMap((one) => table.columns.filter((column) => column.name.toUpperCase() === one));
  const columns = named(wanted);
  const keyNames = Object.keys(keys?.[0] ?? {});
  if (keys === undefined) {
    const names = columns.map((column) => column.name);
    return await readRows(side, dialect.sql.readTable(table.name, names), columns);
  }
  const values = keys.map((key) => keyNames.map((column) => key[column] ?? null));
  return await readByKey(side, table.name, columns, named(keyNames), values);
}

/** The same of the rows that have, in a column, one of the values that these rows have there; one statement for all. */
export async function readMatching(
  side: Side,
  table: string,
  wanted: readonly string[],
  column: string,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const values = [...new Set(rows.map((row) => row[column] ?? null))].filter((value) => value !== null);
  return await readColumns(
    side,
    table,
    wanted,
    values.map((value) => ({ [column]: value })),
  );
}

/** The result of a load, used again as long as it is fresh. */
export function cached<T>(load: () => Promise<T>, freshMs = FRESH_MS): (anew: boolean) => Promise<T> {
  let loaded: Promise<T> | undefined;
  let loadedAt = 0;
  return (anew) => {
    if (anew || loaded === undefined || monotonic() - loadedAt > freshMs) {
      loadedAt = monotonic();
      loaded = load();
      // A failed look-up must not be kept for the next batch.
      loaded.catch(() => {
        loaded = undefined;
      });
    }
    return loaded;
  };
}
