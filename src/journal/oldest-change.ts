import type { Position } from "../contract/change.ts";
import type { Side } from "../contract/side.ts";

export interface OldestChange {
  readonly position: Position;
  /**
   * Seconds since it was captured, by the source's own clock; null without a time of capture, and when that lies in the
   * future: somebody set a clock back, or a session's own.
   */
  readonly ageSeconds: number | null;
}

/** The first change of a journal after a position, which nobody has applied yet; undefined without one. One row is read. */
export async function oldestChange(
  { dialect, db }: Side,
  journal: string,
  after: Position,
): Promise<OldestChange | undefined> {
  const statement = dialect.sql.oldestChange(journal, after);
  const [row] = await db.query(statement.sql, statement.params);
  if (row === undefined) return undefined;
  const age = row["age"] == null ? Number.NaN : Number(row["age"]);
  return { position: BigInt(String(row["position"])), ageSeconds: age >= 0 ? age : null };
}
