import type { Action, Change, Key } from "../contract/change.ts";
import { readByKey } from "../contract/read-rows.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Column } from "../contract/table-schema.ts";

/** Rows of the source as they are, by any columns of theirs, as if each had just been changed; the positions only tell them apart. */
export async function readSourceRows(
  source: Side,
  table: TablePlan,
  by: readonly Column[],
  keys: readonly Key[],
  action: Action,
): Promise<readonly Change[]> {
  const columns = table.sourceColumns.map((column) => column.source);
  const rows = await readByKey(source, table.source.name, columns, by, keys);
  return rows.map((row, i) => ({ position: BigInt(i + 1), action, row }));
}
