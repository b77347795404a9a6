/**
 * A database value as sync-tool carries it: text exactly as the database prints it, bytes, or NULL.
 * Numbers, decimals, booleans ('1' / '0') and timestamps ('YYYY-MM-DD HH:MM:SS[.ffffff]', wall clock, no zone)
 * all travel as text, so that no driver rounds, shifts or reformats them on the way.
 */
export type Value = string | Uint8Array | null;

/** One row; the keys are column names in upper case, whatever the case in the database. */
export type Row = Readonly<Record<string, Value>>;
