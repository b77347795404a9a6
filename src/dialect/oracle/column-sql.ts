import type { Column } from "../../contract/table-schema.ts";
import type { Param } from "../../db/param.ts";
import type { Value } from "../../row.ts";
import { MAX_RAW_BYTES } from "./client.ts";
import { encode } from "./codec.ts";
import { quote } from "./connect.ts";
import { isHeld, mustBeNational, NationalText } from "./holdable.ts";

const SECONDS = "YYYY-MM-DD HH24:MI:SS";

const isZoned = (column: Column): boolean => column.type.endsWith("WITH TIME ZONE");

/** The column as the reader wants it: dates as text made by the server, in the order and digits that all dialects use. */
export function readExpression(column: Column, table: string): string {
  const name = `${table}.${quote(column.name)}`;
  if (isZoned(column)) return `TO_CHAR(${name}, '${SECONDS}.FF9 TZR')`;
  if (column.kind !== "timestamp") return name;
  const fraction = column.fraction ?? 0;
  return `TO_CHAR(${name}, '${SECONDS}${fraction === 0 ? "" : `.FF${fraction}`}')`;
}

/** What a placeholder becomes when its text is assigned to the column or compared with it. */
export function writeExpression(column: Column): string {
  if (isZoned(column)) return `TO_TIMESTAMP_TZ(?, '${SECONDS}.FF9 TZR')`;
  if (column.kind === "timestamp")
    return column.type === "DATE" ? `TO_DATE(?, '${SECONDS}')` : `TO_TIMESTAMP(?, '${SECONDS}.FF9')`;
  if (column.kind === "float")
    return column.type.startsWith("BINARY_") ? `TO_BINARY_DOUBLE(?)` : "TO_NUMBER(?)";
  return column.kind === "integer" || column.kind === "decimal" ? "TO_NUMBER(?)" : "?";
}

/**
 * The same for a list of values in MERGE's subquery, whose columns have the types that the client gives the list. Bytes are
 * RAW or, when long, a BLOB; NULL in every line is text. A BLOB column takes a BLOB ("SQL Language Reference", "TO_BLOB
 * (raw)", "HEXTORAW"; ORA-00932 otherwise).
 */
export function listExpression(column: Column, values: readonly Param[]): string {
  if (column.kind !== "binary") return writeExpression(column);
  const bytes = values.every((value) => value === null) ? "HEXTORAW(?)" : "?";
  const isLong = values.some((value) => value instanceof Uint8Array && value.length > MAX_RAW_BYTES);
  return column.type === "BLOB" && !isLong ? `TO_BLOB(${bytes})` : bytes;
}

/** The same for a key: a CHAR column compares its blanks only with a CHAR ("Data Type Comparison Rules"). */
export function keyExpression(column: Column): string {
  const length = /^(N?CHAR\(\d+(?: CHAR| BYTE)?\))/.exec(column.type)?.[1];
  return length === undefined ? writeExpression(column) : `CAST(? AS ${length})`;
}

/** The parameter for a key: NULL, which equals nothing, for one that no row can hold. */
export const keyParameter = (column: Column, value: Value): Param =>
  isHeld(column, value) ? parameter(column, value) : null;

/** The parameter for these expressions. A format with a fraction wants one in the text. */
export function parameter(column: Column, value: Value): Param {
  const encoded = encode(column, value);
  if (mustBeNational(column, encoded)) return new NationalText(String(encoded)) as unknown as Param;
  if (typeof encoded !== "string" || column.kind !== "timestamp" || column.type === "DATE") return encoded;
  return encoded.includes(".") ? encoded : `${encoded}.0`;
}
