import type { Column } from "../../contract/table-schema.ts";
import type { Value } from "../../row.ts";
import { cutFraction } from "../timestamp.ts";

/** The driver's value as sync-tool carries it; a driver set up by connect.ts gives text, numbers and bytes. */
export function decode(column: Column, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array)
    return column.kind === "binary" || column.kind === "other" ? value : Buffer.from(value).toString("utf8");
  if (column.kind === "timestamp") return trimFraction(String(value));
  // The text '0' is the year 2000, the text '0000' the zero year.
  if (isYear(column.type)) return String(value).padStart(4, "0");
  return String(value);
}

/** See Dialect. */
export const isPlain = ({ kind, type }: Column): boolean => kind !== "timestamp" && !isYear(type);

const isYear = (type: string): boolean => type.startsWith("year");

/** TIMESTAMP(6) prints all six digits; other databases print what is there. */
function trimFraction(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** The carried value as the column takes it. */
export function encode(column: Column, value: Value): Value {
  if (value instanceof Uint8Array) return Buffer.isBuffer(value) ? value : Buffer.from(value);
  if (typeof value === "string" && column.kind === "timestamp")
    return cutFraction(value, column.fraction ?? 0);
  return value;
}
