import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";

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
