/**
 * A database value as sync-tool carries it: text exactly as the database prints it, bytes, or NULL.
 * Numbers, decimals, booleans ('1' / '0') and timestamps ('YYYY-MM-DD HH:MM:SS[.ffffff]', wall clock, no zone)
 * all travel as text, so that no driver rounds, shifts or reformats them on the way.
 */
export type Value = string | Uint8Array | null;

/** One row; the keys are column names in upper case, whatever the case in the database. */
export type Row = Readonly<Record<string, Value>>;

/**
 * A row of these columns, each NULL, that others begin as copies of: `{ ...template }`. V8 keeps what JSON.parse makes,
 * and copies of it, as records; an object of more than a dozen columns that is built key by key becomes a hash table,
 * which takes several times as long to copy.
 */
export function rowTemplate(columns: readonly string[]): Row {
  return JSON.parse(`{${[...new Set(columns)].map((name) => `${JSON.stringify(name)}:null`).join()}}`);
}

/** Whether a row has just these columns, in this order. */
export function hasColumns(row: Row, columns: readonly string[]): boolean {
  let n = 0;
  for (const name in row) {
    if (name !== columns[n]) return false;
    n += 1;
  }
  return n === columns.length;
}
