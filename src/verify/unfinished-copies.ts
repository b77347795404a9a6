import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { copyPlacesIn } from "../state/copy-place.ts";
import { readState, stateTable } from "../state/state.ts";

/** Names of the tables that a copy has begun with and not come to the end of. */
export async function unfinishedCopies(
  { db, dialect }: { readonly db: Queryable; readonly dialect: Dialect },
  tables: readonly TablePlan[],
): Promise<ReadonlySet<string>> {
  const entries = await readState(db, stateTable(dialect, tables), "copy/");
  return new Set([...copyPlacesIn(entries)].flatMap(([table, { isDone }]) => (isDone ? [] : [table])));
}
