import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import type { CopyPlace } from "../state/copy-place.ts";

/** How fast a copy of one table goes. */
export interface CopyProgress {
  readonly rowsPerSecond: number;
  /** Until the rows are read that the source was said to have; undefined without a total, and beyond it. */
  readonly secondsLeft: number | undefined;
}

/**
 * The pace since a copy, or this part of one, began with a table.
 *
 * @param began how many rows an earlier part had read, and when this one began, in milliseconds of a clock for intervals.
 */
export function copyProgress(
  { rows, total }: Pick<CopyPlace, "rows" | "total">,
  began: { readonly rows: number; readonly atMs: number },
  nowMs: number,
): CopyProgress {
  const rowsPerSecond = ((rows - began.rows) * 1_000) / Math.max(1, nowMs - began.atMs);
  const left = (total ?? 0) - rows;
  const secondsLeft = left > 0 && rowsPerSecond > 0 ? left / rowsPerSecond : undefined;
  return { rowsPerSecond, secondsLeft };
}

/** By the source's statistics, which may be old; undefined where they say nothing, or may not be asked. */
export async function aboutRows(
  { dialect, db }: { readonly dialect: Dialect; readonly db: Queryable },
  table: TablePlan,
): Promise<number | undefined> {
  const { sql, params } = dialect.sql.estimateRows(table.source.name);
  // Without it there is no word of the time left, and nothing else is missing.
  const [row] = await db.query(sql, params).catch(() => []);
  return row?.["n"] == null ? undefined : Number(row["n"]);
}
