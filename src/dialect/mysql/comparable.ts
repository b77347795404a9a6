/** The one place where a value of ours becomes something that a column can be compared with. */
import { escape as literal } from "mysql2";
import type { Key } from "../../contract/change.ts";
import type { Column } from "../../contract/table-schema.ts";
import type { Param } from "../../db/param.ts";
import type { Value } from "../../row.ts";
import { encode } from "./codec.ts";
import { quote } from "./connect.ts";

const ASCII = /^[\0-\x7f]*$/;

/** Character sets in which ASCII has the bytes that it has in utf8mb4; in sjis and swe7 some of it has not. */
const ASCII_BASED = new Set([
  ...["ascii", "utf8", "utf8mb3", "latin1", "latin2", "latin5", "latin7", "greek", "hebrew"],
  ...["cp1250", "cp1251", "cp1256", "cp1257", "koi8r", "koi8u"],
]);

const FORMS: Readonly<Record<string, RegExp>> = {
  integer: /^[+-]?\d+$/,
  decimal: /^[+-]?\d+(\.\d+)?$/,
  float: /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i,
};

/**
 * SQL text of a value that equals in a column what the column would store of it, and that the column's index can be
 * searched with.
 *
 * - A literal is utf8mb4, as the session is. In a list of tuples MariaDB (10.11) compares it with a column of another
 *   character set byte by byte, and both servers turn the column rather than a literal that has letters beyond the
 *   column's: then no index is used. So it is converted to the column's character set and collation.
 * - A letter that the column cannot hold becomes "?" by that, and would meet the row with a question mark there: such a
 *   value is NULL, which equals nothing, as no row can hold it.
 * - Numbers are written as numbers: compared with a text, both would become DOUBLE, with 53 bits of a BIGINT's 64.
 */
export function comparable(column: Column, value: Value): string {
  const encoded = encode(column, value);
  if (encoded === null) return "NULL";
  if (typeof encoded !== "string")
    return column.type.startsWith("bit") ? bitNumber(encoded) : literal(encoded);
  if (column.kind === "text") return comparableText(column, encoded);
  const form = column.type.startsWith("year") ? undefined : FORMS[column.kind];
  if (form === undefined) return literal(encoded);
  return form.test(encoded) ? encoded : "NULL";
}

function comparableText({ charset, collation }: Column, text: string): string {
  const quoted = literal(text);
  if (charset === undefined || charset === "utf8mb4") return quoted;
  if (ASCII_BASED.has(charset) && ASCII.test(text)) return quoted;
  const converted = `CONVERT(${quoted} USING ${charset})`;
  // Counted, not converted back: what is stored of a letter need not be read back as the same one.
  const marks = text.split("?").length - 1;
  const isWhole = `CHAR_LENGTH(${converted}) - CHAR_LENGTH(REPLACE(${converted}, '?', '')) = ${marks}`;
  return `IF(${isWhole}, ${converted}, NULL) COLLATE ${collation}`;
}

/** BIT comes as bytes; in a list of tuples bytes are compared as a text. */
const bitNumber = (bytes: Uint8Array): string =>
  bytes.length === 0 ? "0" : BigInt(`0x${Buffer.from(bytes).toString("hex")}`).toString();

/** A value as a parameter: the driver puts the text into the statement as it is. */
export const comparableParam = (column: Column, value: Value): Param => asWritten(comparable(column, value));

/** `(a, b)`, or `a` alone: a row of one column is not a row to the optimizer. */
export const tuple = (columns: readonly Column[]): string =>
  columns.length === 1
    ? columns.map((c) => quote(c.name)).join()
    : `(${columns.map((c) => quote(c.name)).join(", ")})`;

/** A key as an element of the list that `tuple` is looked for in. */
export function tupleValue(columns: readonly Column[], key: Key): string {
  const values = columns.map((column, i) => comparable(column, key[i] ?? null));
  return values.length === 1 ? values.join() : `(${values.join(", ")})`;
}

/** The bytes of a key's columns in utf8mb4, for comparing it exactly. */
export const exactTuple = (columns: readonly Column[]): string => {
  const bytes = columns.map(({ kind, name }) =>
    kind === "text" ? `CAST(CONVERT(${quote(name)} USING utf8mb4) AS BINARY)` : quote(name),
  );
  return bytes.length === 1 ? bytes.join() : `(${bytes.join(", ")})`;
};

export function exactValue(columns: readonly Column[], key: Key): string {
  const values = columns.map((column, i) => {
    const value = key[i] ?? null;
    return column.kind === "text" && typeof value === "string"
      ? literal(Buffer.from(value, "utf8"))
      : comparable(column, value);
  });
  return values.length === 1 ? values.join() : `(${values.join(", ")})`;
}

/** Elements of a list as a parameter of `IN (?)`. */
export const listOf = (elements: readonly string[]): Param => asWritten(elements.join(", "));

/** A parameter that the driver puts into the statement as it is: it was the driver that wrote it. */
export function asWritten(text: string): Param {
  return { toSqlString: () => text } as unknown as Param;
}
