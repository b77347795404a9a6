/** How columns are read. */
import type { Column } from "../../contract/table-schema.ts";
import { quote } from "./connect.ts";

export const selectList = (columns: readonly Column[]): string =>
  columns.map((column) => `${printed(column)} AS ${quote(column.name.toUpperCase())}`).join(", ");

/** A FLOAT prints six digits of the nine that tell its values apart; as a DOUBLE it prints them all. */
export const printed = (column: Column): string =>
  quote(column.name) + (column.type.startsWith("float") ? " + 0e0" : "");
