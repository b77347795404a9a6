/** Has a row of the side that serves take the place of a late write on the other side, so that both ends are equal. */
import { applyChanges } from "../apply/applier.ts";
import { asRefusal } from "../apply/as-refusal.ts";
import { readSourceRows } from "../apply/read-source-rows.ts";
import { lockLanes } from "../checkpoint/checkpoint.ts";
import type { Key } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import { withOrigin } from "../contract/origin.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database, Queryable } from "../db/database.ts";
import { exactKey } from "../journal/key-equality.ts";
import { sourceKeyOf } from "../journal/net.ts";
import type { RowSource } from "../transform/row-source.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

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
  readonly now?: Clock;
}

/** After a refusal: what stands in the way may be on its way itself. */
const PAUSE_MS = 5_000;

/**
 * Writes what the serving side holds under these keys to the other side, or deletes what it lacks: under the checkpoint's lock,
 * so that what is applied next is not older. Gives the keys that could not be dealt with yet.
 */
export function createBringBack({
  to,
  table,
  rows,
  now = monotonic,
  ...sides
}: BringBackOptions): (keys: readonly Key[]) => Promise<readonly Key[]> {
  const from = withOrigin("source", sides.from);
  let notBefore = 0;

  const write = async (tx: Queryable, keys: readonly Key[]): Promise<void> => {
    const by = table.key.map(({ source }) => source);
    const changes = await readSourceRows(from, table, by, keys, "UPDATE");
    const rowFor = await rows.prepare(changes, true);
    await applyChanges(tx, to.dialect, table, changes, rowFor, { keepOnUpdate: rows.keepOnUpdate });
    const there = new Set(changes.map((change) => exactKey(sourceKeyOf(table.key, change))));
    const gone = keys.filter((key) => !there.has(exactKey(key)));
    if (gone.length > 0) await to.dialect.deleteRows(tx, table, gone, true);
  };

  /** False, with nothing done, when the other side refuses these. */
  const tryToWrite = async (keys: readonly Key[]): Promise<boolean> => {
    try {
      await to.db.transaction(async (tx) => {
        await lockLanes(tx, to.dialect, table.targetNames.checkpoint);
        await write(tx, keys);
      });
      return true;
    } catch (error) {
      if (asRefusal(to.dialect, error) === undefined) throw error;
      return false;
    }
  };

  return async (keys) => {
    if (keys.length === 0 || now() < notBefore) return keys;
    if (await tryToWrite(keys)) return [];
    const left: Key[] = [];
    for (const key of keys) if (!(await tryToWrite([key]))) left.push(key);
    if (left.length > 0) notBefore = now() + PAUSE_MS;
    return left;
  };
}
