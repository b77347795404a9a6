import { ANCHOR_POSITION, type Position } from "../contract/change.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";

/** Changes deleted by one statement: short enough not to hold anybody up. */
const CHUNK = 1_000;

export interface Purged {
  readonly deleted: number;
  /** Everything up to here is gone; undefined when there was nothing to purge. */
  readonly upTo?: Position;
}

/**
 * Deletes the changes of a journal up to a position that is applied. The highest of them stays as a marker without
 * values: it keeps the counter alive (MySQL before 8.0 and MariaDB before 10.2.4 forget it on restart and would hand
 * out old positions again), and it tells a target restored from before the purge that changes are missing.
 */
export async function purgeJournal(
  source: Side,
  table: TablePlan,
  applied: Position,
  signal?: AbortSignal,
): Promise<Purged> {
  const { dialect, db } = source;
  const { journal } = table.names;
  const query = dialect.sql.highestAtOrBelow(journal, applied);
  const [row] = await db.query(query.sql, query.params);
  const highest = row?.["position"];
  if (highest === null || highest === undefined) return { deleted: 0 };
  const upTo = BigInt(String(highest));
  if (upTo === ANCHOR_POSITION) return { deleted: 0 };
  const mark = dialect.sql.markPurged(table, upTo);
  await db.execute(mark.sql, mark.params);
  const statement = dialect.sql.purgeBefore(journal, upTo, CHUNK);
  let deleted = 0;
  while (signal?.aborted !== true) {
    const count = await db.execute(statement.sql, statement.params);
    deleted += count;
    if (count < CHUNK) break;
  }
  return { deleted, upTo };
}
