import type { Key, Position } from "../journal/change.ts";
import { equalityClass } from "../journal/key-equality.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { Value } from "../row.ts";

const PAGE = 1_000;

/**
 * Which of these keys the journal holds a change of after a position. A key that the database might take for equal
 * counts too. Reads the journal once, from the position to its end, in pages.
 */
export async function pendingKeys(
  source: Side,
  table: TablePlan,
  after: Position,
  keys: readonly Key[],
): Promise<(key: Key) => boolean> {
  const columns = table.key.map((column) => column.source);
  const classOf = (key: Key): string => equalityClass(columns, key);
  const wanted = new Set(keys.map(classOf));
  const pending = new Set<string>();
  for (let from = after + 1n; ; ) {
    const statement = source.dialect.sql.readChanges(table, from, PAGE);
    const rows = await source.db.query(statement.sql, statement.params);
    for (const row of rows) {
      const key = table.key.map(
        ({ name, source: column }): Value => source.dialect.codec.decode(column, row[name]),
      );
      const text = classOf(key);
      if (wanted.has(text)) pending.add(text);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return (key) => pending.has(classOf(key));
    from = BigInt(String(last["SYNC_ID"])) + 1n;
  }
}
