import type { Key } from "../../contract/change.ts";
import type { Column } from "../../contract/table-schema.ts";
import type { Param } from "../../db/param.ts";
import type { Value } from "../../row.ts";
import { encode } from "./codec.ts";

/** SQL Server takes 2100 parameters in a statement; some are left for the statement's own. */
const MAX_PARAMETERS = 2_000;

/** Rows as a table `v` with text columns c0, c1, ... and what the statement needs to know of their values. */
export interface RowSet {
  /** Goes after FROM or JOIN; placeholders in it are filled by `params`. */
  readonly sql: string;
  readonly params: readonly Param[];
}

/** Bytes travel as hexadecimal digits. */
function asText(column: Column, value: Value): string | null {
  const encoded = encode(column, value);
  return encoded instanceof Uint8Array ? Buffer.from(encoded).toString("hex") : encoded;
}

/**
 * Rows as one JSON text, opened by the server with the columns as nvarchar(max), for any other type would cut or null
 * what does not fit (Transact-SQL reference, "OPENJSON"; needs compatibility level 130). One parameter for any number of
 * rows: a constructor of values ends at 2100 parameters, a hundred rows of twenty columns.
 */
export function rowsAsJson(columns: readonly Column[], rows: readonly (readonly Value[])[]): string {
  return JSON.stringify(rows.map((row) => columns.map((column, i) => asText(column, row[i] ?? null))));
}

/** What opens a JSON text of rows; `json` is a variable or placeholder. */
export function openJson(json: string, columns: readonly Column[]): string {
  const list = columns.map((_, i) => `c${i} nvarchar(max) '$[${i}]'`).join(", ");
  return `OPENJSON(${json}) WITH (${list}) AS v`;
}

/** Keys as a table: as parameters while they are few, which every compatibility level understands, else as JSON. */
export function keySet(columns: readonly Column[], keys: readonly Key[]): RowSet {
  if (keys.length * columns.length > MAX_PARAMETERS)
    return { sql: openJson("?", columns), params: [rowsAsJson(columns, keys)] };
  const row = `(${columns.map(() => "?").join(", ")})`;
  return {
    sql: `(VALUES ${keys.map(() => row).join(", ")}) AS v (${columns.map((_, i) => `c${i}`).join(", ")})`,
    params: keys.flatMap((key) => columns.map((column, i) => asText(column, key[i] ?? null))),
  };
}

/** Whether no value of these rows has a character beyond ASCII. */
export function isAscii(rows: readonly (readonly Value[])[]): boolean {
  return rows.every((row) =>
    row.every((value) => typeof value !== "string" || Buffer.byteLength(value) === value.length),
  );
}
