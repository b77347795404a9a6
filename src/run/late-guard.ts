/** Keeps late writes of the side that no longer serves from taking the place of what users have written since the switch. */
import { Overtaken } from "../apply/overtaken.ts";
import type { Change, Key } from "../contract/change.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { exactKey } from "../journal/key-equality.ts";
import { sourceKeyOf } from "../journal/net.ts";
import { readServing, type ServingSide } from "../state/serving.ts";
import type { StateTable } from "../state/state.ts";

export interface LateGuard {
  /**
   * Throws Overtaken when users of the side that serves have written one of these rows since it serves. To be asked inside the
   * transaction that has written them: its locks keep users off, and what they committed before is seen.
   */
  refuseOvertaken(changes: readonly Change[]): Promise<void>;
  /** Brings what users have written to the side of the late writes that were refused since the last time. */
  settle(): Promise<void>;
}

export interface LateGuardOptions {
  /** The side whose changes are applied. */
  readonly from: ServingSide;
  /** Where it is written who serves. */
  readonly blue: { readonly db: Side["db"]; readonly state: StateTable };
  /** The other side, and its table as the other direction captures it. */
  readonly other: Side;
  readonly otherTable: TablePlan;
  /** The table as this direction applies it. */
  readonly table: TablePlan;
  /** Writes the serving side's rows of these keys over the late ones, see bring-back.ts. */
  readonly bringBack: (keys: readonly Key[]) => Promise<void>;
}

export function createLateGuard(options: LateGuardOptions): LateGuard {
  const { from, blue, other, otherTable, table, bringBack } = options;
  let refused = new Map<string, Key>();
  /** The key as the other side's journal has it; both directions name the columns of a row alike. */
  const keyThere = (change: Change): Key => {
    const here = new Map(table.key.map(({ name }, i) => [name, sourceKeyOf(table.key, change)[i] ?? null]));
    return otherTable.key.map(({ name }) => here.get(name) ?? null);
  };
  return {
    async refuseOvertaken(changes) {
      // Asked with the checkpoint's row locked: `switch` waits for that lock before it says that it is done.
      const serving = await readServing(blue.db, blue.state);
      if ((serving?.side ?? "blue") === from) return;
      const head = serving?.heads.get(table.name) ?? 0n;
      for (const change of changes) {
        const key = keyThere(change);
        const statement = other.dialect.sql.laterChange(otherTable, head, key);
        const found = await other.db.query(statement.sql, statement.params);
        if (found.length === 0) continue;
        refused.set(exactKey(key), key);
        throw new Overtaken(serving?.side ?? "blue");
      }
    },
    async settle() {
      const keys = [...refused.values()];
      await bringBack(keys);
      refused = new Map([...refused].filter(([, key]) => !keys.includes(key)));
    },
  };
}
