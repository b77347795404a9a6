/** How columns are named and values are given in statements. */
import type { Column } from "../../contract/table-schema.ts";
import type { Param } from "../../db/param.ts";
import { quote } from "./connect.ts";

/** Columns as the reader names them: the catalogue's spelling in, upper case out. */
export const selectList = (columns: readonly Column[]): string =>
  columns.map((column) => `${quote(column.name)} AS ${quote(column.name.toUpperCase())}`).join(", ");

/** An explicit cast to varchar(n) cuts silently; the assignment to the column refuses, as it must. */
export function cast(column: Column): string {
  const type = column.type.replace(/ COLLATE .*$/, "");
  if (type.startsWith("bit")) return "bit varying";
  if (type.startsWith("character varying")) return "text";
  // Without a length nothing is cut, and blanks at the end do not count in a comparison, as in the column itself.
  return type.startsWith("character(") ? "bpchar" : type;
}

/** Array elements are text; bytes go as bytea's hex form. */
export function text(value: Param): Param {
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : value;
}
