import type { Action, Change, Key } from "../contract/change.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Value } from "../row.ts";

/** Keys in one statement. */
const KEYS = 500;

/** Rows of the source as they are, by any columns of theirs, as if each had just been changed; the positions only tell them apart. */
export async function readSourceRows(
  { dialect, db }: Side,
  table: TablePlan,
  by: readonly Column[],
  keys: readonly Key[],
  action: Action,
): Promise<readonly Change[]> {
  const columns = table.sourceColumns.map(({ source }) => source);
  const found: Change[] = [];
  for (let i = 0; i < keys.length; i += KEYS) {
    const statement = dialect.sql.readRows(table.source.name, columns, by, keys.slice(i, i + KEYS));
    for (const raw of await db.query(statement.sql, statement.params)) {
      const row = Object.fromEntries(
        table.sourceColumns.map(({ name, source }): [string, Value] => [
          name,
          dialect.codec.decode(source, raw[name]),
        ]),
      );
      found.push({ position: BigInt(found.length + 1), action, row });
    }
  }
  return found;
}
