import type { Queryable } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import type { Key } from "../journal/change.ts";
import type { TablePlan } from "../plan/sync-plan.ts";

/** Deletes the rows of the target that refer to these rows of a table and would not go with them. */
export async function deleteChildren(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  keys: readonly Key[],
): Promise<void> {
  for (const { child, columns } of table.children) {
    const own = child.key.map(({ target }) => target);
    const statement = dialect.sql.readRows(child.target.name, own, columns, keys);
    const found = await tx.query(statement.sql, statement.params);
    const referring = found.map(
      (raw): Key => own.map((column) => dialect.codec.decode(column, raw[column.name.toUpperCase()])),
    );
    if (referring.length > 0) await dialect.deleteRows(tx, child, referring, false);
  }
}
