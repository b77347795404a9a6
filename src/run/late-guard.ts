/** Keeps late writes of the side that no longer serves from taking the place of what users have written since the switch. */
import { Overtaken } from "../apply/overtaken.ts";
import type { Change, Key, Position } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import { withOrigin } from "../contract/origin.ts";
import { readRows, valuesIn } from "../contract/read-rows.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database, Queryable } from "../db/database.ts";
import { equalityClass, exactKey } from "../journal/key-equality.ts";
import { readServing, type Serving, type ServingSide } from "../state/serving.ts";
import type { StateTable } from "../state/state.ts";
import { type FamilyJournal, familyJournals } from "./families.ts";

export interface LateGuard {
  /**
   * Throws Overtaken when users of the side that serves have written one of these rows, or a row that belongs to it, since it
   * serves. Asked by the transaction that has written them: its locks keep users off, and what they committed before is seen.
   */
  refuseOvertaken(tx: Queryable, changes: readonly Change[]): Promise<void>;
  /** Late writes that were refused in an earlier life of the runner: whether they were settled then is not known. */
  remember(changes: readonly Change[]): void;
  /** Brings what users have written to the side of the late writes that were refused since the last time. */
  settle(): Promise<void>;
}

export interface LateGuardOptions {
  /** The side whose changes are applied. */
  readonly from: ServingSide;
  /** Where it is written who serves. */
  readonly blue: { readonly db: Database; readonly state: StateTable };
  /** Of the side that they are applied to, and the tables as the other direction captures them there. */
  readonly dialect: Dialect;
  readonly otherTables: readonly TablePlan[];
  /** The tables as this direction applies them, the guarded one among them. */
  readonly tables: readonly TablePlan[];
  readonly table: TablePlan;
  /** Writes the serving side's rows of these keys over the late ones; gives those that could not be, see bring-back.ts. */
  readonly bringBack: (keys: readonly Key[]) => Promise<readonly Key[]>;
}

/** Keys in one statement. */
const KEYS = 500;

export function createLateGuard(options: LateGuardOptions): LateGuard {
  const { from, dialect, table, bringBack } = options;
  const { state } = options.blue;
  const blue = withOrigin(from === "blue" ? "source" : "target", {
    dialect: state.dialect,
    db: options.blue.db,
  });
  const journals = familyJournals(table, options.tables, options.otherTables);
  const otherTable = options.otherTables.find(({ name }) => name === table.name);
  const refused = new Map<string, Key>();
  /** Positions of those that were refused here or remembered: once is enough. */
  const known = new Set<Position>();
  /** The key as the other side's journal has it; both directions name the columns of a row alike. */
  const keyThere = ({ row }: Change): Key => (otherTable ?? table).key.map(({ name }) => row[name] ?? null);

  /** Those whose family the journal has a change of, behind where it stood at the switch. */
  async function changedThere(
    tx: Queryable,
    { table: journaled, columns, keyOf }: FamilyJournal,
    { heads }: Serving,
    changes: readonly Change[],
  ): Promise<readonly Change[]> {
    const after = heads.get(journaled.name) ?? 0n;
    const asked = new Map<string, { readonly key: Key; readonly changes: Change[] }>();
    for (const change of changes) {
      const key = keyOf(change);
      if (key === undefined) continue;
      const name = equalityClass(columns, key);
      const same = asked.get(name) ?? { key, changes: [] };
      asked.set(name, { ...same, changes: [...same.changes, change] });
    }
    const keys = [...asked.values()].map(({ key }) => key);
    const found: Change[] = [];
    for (let i = 0; i < keys.length; i += KEYS) {
      const part = keys.slice(i, i + KEYS);
      const statement = dialect.sql.changedAfter(journaled.names.journal, columns, part, after);
      for (const row of await readRows({ dialect, db: tx }, statement, columns))
        found.push(...(asked.get(equalityClass(columns, valuesIn(columns, row)))?.changes ?? []));
    }
    return found;
  }

  function remember(changes: readonly Change[]): void {
    for (const change of changes) {
      if (known.has(change.position)) continue;
      known.add(change.position);
      refused.set(exactKey(keyThere(change)), keyThere(change));
    }
  }

  return {
    remember,
    async refuseOvertaken(tx, changes) {
      // Asked with the checkpoint's row locked: `switch` waits for that lock before it says that it is done.
      const serving = await readServing(from === "blue" ? blue.db : tx, state);
      if (serving === undefined || serving.side === from) return;
      const overtaken: Change[] = [];
      for (const journal of journals) overtaken.push(...(await changedThere(tx, journal, serving, changes)));
      if (overtaken.length === 0) return;
      remember(overtaken);
      throw new Overtaken(serving.side);
    },
    async settle() {
      if (refused.size === 0) return;
      const serving = await readServing(blue.db, state);
      // Theirs are the rows of users now.
      if (serving === undefined || serving.side === from) return refused.clear();
      const keys = [...refused.values()];
      const left = new Set((await bringBack(keys)).map(exactKey));
      for (const key of keys) if (!left.has(exactKey(key))) refused.delete(exactKey(key));
    },
  };
}
