import type { Column } from "../contract/table-schema.ts";
import { isWide, rowBytes } from "../journal/read-size.ts";
import type { Row } from "../row.ts";

/** The first page, when nothing is known of its rows. */
export const FIRST_LIMIT = 100;

/** Rows of the first page: few where they may be long. */
export const firstLimit = (columns: readonly Column[], most: number): number =>
  columns.some(isWide) ? Math.min(FIRST_LIMIT, most) : most;

/** As many rows as fit into so many bytes by the length of those that were read, and no more than four times as many. */
export function rowsThatFit(rows: readonly Row[], most: number, bytes: number): number {
  if (rows.length === 0) return Math.min(FIRST_LIMIT, most);
  const read = rows.reduce((sum, row) => sum + rowBytes(row), 0);
  const fitting = Math.floor((bytes * rows.length) / Math.max(1, read));
  return Math.max(1, Math.min(most, fitting, rows.length * 4));
}
