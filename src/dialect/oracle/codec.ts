import type { Column } from "../../contract/table-schema.ts";
import type { Value } from "../../row.ts";
import { cutFraction } from "../timestamp.ts";

/** MySQL's zero date is before all times; this stands for it, and comes back as one. */
const ZERO = "0000-00-00 00:00:00";
const FIRST = "0001-01-01 00:00:00";

/** The driver's value as sync-tool carries it; column-sql.ts has made dates texts, client.ts numbers and large objects. */
export function decode(column: Column, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return value ? "1" : "0";
  const text = value instanceof Date ? value.toISOString().replace("T", " ").replace("Z", "") : String(value);
  switch (column.kind) {
    case "timestamp": {
      const trimmed = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
      return trimmed === FIRST ? ZERO : trimmed;
    }
    case "integer":
    case "decimal":
    case "float":
      // The driver prints no zero before the point.
      return text.replace(/^(-?)\./, "$10.");
    default:
      return text;
  }
}

/** The carried value as the column takes it: an empty text is NULL here. */
export function encode(column: Column, value: Value): Value {
  if (value === null) return null;
  if (typeof value !== "string") return value.length === 0 && !column.type.endsWith("LOB") ? null : value;
  if (value === "") return null;
  switch (column.kind) {
    case "boolean":
      return /^(1|t|true|y|yes)$/i.test(value) ? "1" : "0";
    case "timestamp": {
      // A source's date without a time, or one before all times.
      const whole = value.length === 10 ? `${value} 00:00:00` : value;
      return whole.startsWith("0000-00-00") ? FIRST : cutFraction(whole, column.fraction ?? 6);
    }
    default:
      return value;
  }
}
