import type { Column } from "../../contract/table-schema.ts";
import type { Value } from "../../row.ts";
import { cutFraction } from "../timestamp.ts";
import { baseType } from "./column-sql.ts";

/** MySQL's zero date is before all times; here the first moment of a type stands for it, and comes back as one. */
const ZERO = "0000-00-00 00:00:00";
const FIRST: Readonly<Record<string, string>> = {
  datetime: "1753-01-01 00:00:00",
  smalldatetime: "1900-01-01 00:00:00",
  datetime2: "0001-01-01 00:00:00",
  date: "0001-01-01",
};

/** The server's value as sync-tool carries it; column-sql.ts has made most of them texts. */
export function decode(column: Column, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return value ? "1" : "0";
  const text = value instanceof Date ? value.toISOString().replace("T", " ").replace("Z", "") : String(value);
  if (column.kind === "timestamp") {
    const trimmed = trimFraction(text);
    return trimmed === FIRST[baseType(column)] ? ZERO : trimmed;
  }
  if (column.kind === "date") return text === FIRST["date"] ? ZERO.slice(0, 10) : text.slice(0, 10);
  return column.kind === "time" ? trimFraction(text) : text;
}

/** Style 121 prints every digit that the type has; other databases print what is there. */
function trimFraction(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** The carried value as the column takes it. */
export function encode(column: Column, value: Value): Value {
  if (typeof value !== "string") return value;
  if (column.kind === "timestamp" || column.kind === "date") {
    const first = FIRST[baseType(column)];
    if (value.startsWith("0000-00-00")) return first ?? value;
  }
  if (column.kind === "boolean") return /^(1|t|true|y|yes)$/i.test(value) ? "1" : "0";
  if (column.kind !== "timestamp" && column.kind !== "time") return value;
  switch (baseType(column)) {
    case "datetime":
      return toDatetimeStep(cutFraction(value, 3));
    case "smalldatetime":
      return `${cutFraction(value, 0).slice(0, 16)}:00`;
    default:
      return cutFraction(value, column.fraction ?? 7);
  }
}

/**
 * datetime keeps three-hundredths of a second, shown as milliseconds that end in 0, 3 or 7, and rounds to the nearest:
 * .999 would become the next second. The step below is taken instead, a value that is one stays as it is.
 */
function toDatetimeStep(text: string): string {
  const dot = text.indexOf(".");
  if (dot < 0) return text;
  const millis = text.slice(dot + 1).padEnd(3, "0");
  const last = Number(millis[2]);
  const step = last >= 7 ? 7 : last >= 3 ? 3 : 0;
  return `${text.slice(0, dot)}.${millis.slice(0, 2)}${step}`;
}
