/** Has a row of the side that serves take the place of a late write on the other side, so that both ends are equal. */
import { applyChanges } from "../apply/applier.ts";
import { lockLanes } from "../checkpoint/checkpoint.ts";
import type { Change, Key } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { exactKey } from "../journal/key-equality.ts";
import { sourceKeyOf } from "../journal/net.ts";
import type { Row, Value } from "../row.ts";
import type { RowSource } from "../transform/row-source.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Database;
}

export interface BringBackOptions {
  /** The side that serves, and the other one. */
  readonly from: Side;
  readonly to: Side;
  /** As the direction between them has it. */
  readonly table: TablePlan;
  readonly rows: RowSource;
}

/**
 * Writes what the serving side holds under these keys to the other side, or deletes what it lacks: under the checkpoint's lock,
 * so that what is applied next is not older.
 */
export function createBringBack({
  from,
  to,
  table,
  rows,
}: BringBackOptions): (keys: readonly Key[]) => Promise<void> {
  const read = async (keys: readonly Key[]): Promise<readonly Change[]> => {
    const columns = table.sourceColumns.map(({ source }) => source);
    const keyColumns = table.key.map(({ source }) => source);
    const statement = from.dialect.sql.readRows(table.source.name, columns, keyColumns, keys);
    return (await from.db.query(statement.sql, statement.params)).map((raw, i): Change => {
      const row: Record<string, Value> = {};
      for (const { name, source } of table.sourceColumns)
        row[name] = from.dialect.codec.decode(source, raw[name]);
      return { position: BigInt(i + 1), action: "UPDATE", row: row satisfies Row };
    });
  };
  return async (keys) => {
    if (keys.length === 0) return;
    await to.db.transaction(async (tx) => {
      await lockLanes(tx, to.dialect, table.targetNames.checkpoint);
      const changes = await read(keys);
      const rowFor = await rows.prepare(changes, true);
      await applyChanges(tx, to.dialect, table, changes, rowFor, { keepOnUpdate: rows.keepOnUpdate });
      const there = new Set(changes.map((change) => exactKey(sourceKeyOf(table.key, change))));
      const gone = keys.filter((key) => !there.has(exactKey(key)));
      if (gone.length > 0) await to.dialect.deleteRows(tx, table, gone, true);
    });
  };
}
