import { hasColumns, type Row } from "../row.ts";

/** Rows with different sets of columns need different statements; rows of one shape stay in order. */
export function rowsByShape(rows: readonly Row[]): readonly (readonly Row[])[] {
  const [first] = rows;
  if (first === undefined) return [];
  // The rule: worth to be found out without a text for each row.
  const columns = Object.keys(first);
  if (rows.every((row) => hasColumns(row, columns))) return [rows];
  const parts = new Map<string, Row[]>();
  for (const row of rows) {
    const shape = Object.keys(row).join();
    const part = parts.get(shape);
    if (part === undefined) parts.set(shape, [row]);
    else part.push(row);
  }
  return [...parts.values()];
}
