import type { Dialect } from "../contract/dialect.ts";
import type { Queryable } from "../db/database.ts";

/** A server's own clock, in milliseconds since 1970: entries of the state table are written by it. NaN where it does not tell. */
export async function clockOf({
  dialect,
  db,
}: {
  readonly dialect: Dialect;
  readonly db: Queryable;
}): Promise<number> {
  if (dialect.doctor === undefined) return Number.NaN;
  const [row] = await db.query(dialect.doctor.clock);
  return Number(row?.["now_ms"]);
}

/** How long ago an entry was written, by the same clock; undefined where either time is not told. */
export function secondsSince(writtenAt: string, nowMs: number): number | undefined {
  const seconds = (nowMs - Date.parse(`${writtenAt.replace(" ", "T")}Z`)) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
