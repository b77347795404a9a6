import type { Row } from "../../row.ts";

/**
 * Bytes of one statement, below the smallest max_allowed_packet that servers come with (4 MB, MySQL 5.7): a larger
 * packet makes the server hang up (error 1153).
 */
const MAX_BYTES = 2_000_000;

/** Splits rows, in order, so that each part makes a statement that the server takes; most batches stay whole. */
export function partsBySize(rows: readonly Row[], maxBytes = MAX_BYTES): readonly (readonly Row[])[] {
  const parts: Row[][] = [];
  let part: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = sizeOf(row);
    if (part.length > 0 && bytes + size > maxBytes) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** Generous: a byte is written as two hex digits, a character can take two with its escape. */
function sizeOf(row: Row): number {
  let size = 0;
  for (const value of Object.values(row)) size += 4 + 2 * (value?.length ?? 0);
  return size;
}
