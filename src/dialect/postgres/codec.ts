import type { Column } from "../../contract/table-schema.ts";
import type { Value } from "../../row.ts";
import { cutFraction } from "../timestamp.ts";

/** PostgreSQL has no zero date; its "before all times" stands for MySQL's, and comes back as one. */
const ZERO = /^0000-00-00/;
const BEFORE_ALL = "-infinity";

/** The server's text as sync-tool carries it: bytes as bytes, booleans as 1 and 0, times without a zone. */
export function decode(column: Column, value: unknown): Value {
  if (value === null || value === undefined) return null;
  const text = String(value);
  switch (column.kind) {
    case "binary":
      return Buffer.from(text.slice(2), "hex");
    case "boolean":
      return text === "t" ? "1" : "0";
    case "timestamp":
      // The session's zone is UTC, so a zone suffix is always +00.
      return text === BEFORE_ALL ? "0000-00-00 00:00:00" : text.replace(/\+00(:00)?$/, "");
    case "date":
      return text === BEFORE_ALL ? "0000-00-00" : text;
    default:
      // Padding is no part of the value: PostgreSQL itself drops it where a CHAR becomes another text type.
      return isPadded(column.type) ? text.replace(/ +$/, "") : text;
  }
}

/** See Dialect. */
export const isPlain = ({ kind, type }: Column): boolean =>
  !["binary", "boolean", "timestamp", "date"].includes(kind) && !isPadded(type);

const isPadded = (type: string): boolean => type.startsWith("character(");

/** The carried value as the column takes it. */
export function encode(column: Column, value: Value): Value {
  if (typeof value !== "string") return value;
  if ((column.kind === "timestamp" || column.kind === "date") && ZERO.test(value)) return BEFORE_ALL;
  return column.kind === "timestamp" ? cutFraction(value, column.fraction ?? 6) : value;
}
