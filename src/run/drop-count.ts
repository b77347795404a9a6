import type { Change } from "../contract/change.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { readDropped, writeDropped } from "../state/dropped.ts";
import type { StateTable } from "../state/state.ts";

/** Counts, on the target, the changes of a table that conflictPolicy=keep-target gave up. */
export interface DropCount {
  /** Takes up the count that the target has. */
  open(): Promise<void>;
  /** Counts changes in the transaction that passes them; gives what is to be called once that is committed. */
  add(tx: Queryable, dropped: readonly Change[]): Promise<() => void>;
}

export function createDropCount(
  db: Queryable,
  state: StateTable,
  table: TablePlan,
  onDropped: (table: string, changes: number, position: bigint, total: number) => void,
): DropCount {
  let total = 0;
  return {
    async open() {
      total = (await readDropped(db, state, table.name))?.changes ?? 0;
    },
    async add(tx, dropped) {
      const [first] = dropped;
      const last = dropped.at(-1);
      if (first === undefined || last === undefined) return () => undefined;
      const changes = total + dropped.length;
      await writeDropped(tx, state, table.name, { changes, position: last.position.toString() });
      return () => {
        total = changes;
        onDropped(table.name, dropped.length, first.position, total);
      };
    },
  };
}
