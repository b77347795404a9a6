/** How large a statement may be: a server hangs up on one that is larger than its max_allowed_packet (error 1153). */

import type { TargetTable } from "../../contract/sync-plan.ts";
import type { Queryable } from "../../db/database.ts";
import { monotonic } from "../../util/monotonic.ts";

/** Larger statements are no faster, however much a server takes. */
const MAX_BYTES = 2_000_000;

/** What a statement has besides rows or keys: the words of SQL and the names of hundreds of columns. */
const SPARE_BYTES = 256;

/** The server is asked anew after so long: a new connection has the limit as it was changed since. */
const FRESH_MS = 10_000;

const limits = new WeakMap<TargetTable, { readonly bytes: number; readonly readAt: number }>();

/** A row that fits no statement. Nothing was sent, so that the transaction is as it was. */
export class RowTooLarge extends Error {
  readonly code = "ROW_TOO_LARGE";
}

/** Bytes that the rows or keys in one statement with these words may have. */
export async function roomFor(tx: Queryable, table: TargetTable, sql: string): Promise<number> {
  let known = limits.get(table);
  if (known === undefined || monotonic() - known.readAt > FRESH_MS) {
    const [row] = await tx.query("SELECT @@max_allowed_packet AS n");
    known = { bytes: Number(row?.["n"]), readAt: monotonic() };
    limits.set(table, known);
  }
  return known.bytes - Buffer.byteLength(sql) - SPARE_BYTES;
}

/** Splits rows or keys, in order, so that each part fits the room; most stay whole. One that does not fit goes alone. */
export function partsBySize<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  room = MAX_BYTES,
): readonly (readonly T[])[] {
  const most = Math.min(room, MAX_BYTES);
  const parts: T[][] = [];
  let part: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (part.length > 0 && bytes + size > most) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** Bytes of elements of lists, with the comma and the blank behind each. */
export const textBytes = (texts: readonly string[]): number =>
  texts.reduce((bytes, text) => bytes + Buffer.byteLength(text) + 2, 0);
