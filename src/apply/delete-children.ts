import type { Key } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { findKeys } from "./find-keys.ts";

/** Deletes the rows of the target that refer to these rows of a table and would not go with them. */
export async function deleteChildren(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  keys: readonly Key[],
): Promise<void> {
  for (const { child, columns } of table.children) {
    const own = child.key.map(({ target }) => target);
    const referring = await findKeys(tx, dialect, { table: child.target.name, own, by: columns }, keys);
    if (referring.length > 0) await dialect.deleteRows(tx, child, referring, false);
  }
}
