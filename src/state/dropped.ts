import type { Queryable } from "../db/database.ts";
import { readState, type StateEntry, type StateTable, writeState } from "./state.ts";

/** What conflictPolicy=keep-target gave up of a table, as it stands under `dropped/<TABLE>`. */
export interface Dropped {
  /** Changes since the checkpoint was begun. */
  readonly changes: number;
  /** Position of the last one, as text. */
  readonly position: string;
}

const PREFIX = "dropped/";

/** Of a table (upper case), among entries that were read already; undefined when nothing was dropped. */
export function droppedIn(entries: readonly StateEntry[], table: string): Dropped | undefined {
  const value = entries.find(({ key }) => key === `${PREFIX}${table}`)?.value;
  const { changes, position } = (value ?? {}) as Partial<Record<keyof Dropped, unknown>>;
  return typeof changes === "number" && typeof position === "string" ? { changes, position } : undefined;
}

export async function readDropped(
  db: Queryable,
  state: StateTable,
  table: string,
): Promise<Dropped | undefined> {
  return droppedIn(await readState(db, state, `${PREFIX}${table}`), table);
}

export async function writeDropped(
  tx: Queryable,
  state: StateTable,
  table: string,
  dropped: Dropped,
): Promise<void> {
  await writeState(tx, state, `${PREFIX}${table}`, dropped);
}
