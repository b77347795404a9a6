import type { Row } from "../row.ts";

/** Rows with different sets of columns need different statements; rows of one shape stay in order. */
export function rowsByShape(rows: readonly Row[]): readonly (readonly Row[])[] {
  const parts = new Map<string, Row[]>();
  for (const row of rows) {
    const shape = Object.keys(row).join();
    const part = parts.get(shape);
    if (part === undefined) parts.set(shape, [row]);
    else part.push(row);
  }
  return [...parts.values()];
}
