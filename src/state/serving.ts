/**
 * Who serves users, and since when: `switch` writes it on blue, where both directions read it. Without an entry blue serves, and
 * nothing was switched yet.
 */
import type { Position } from "../contract/change.ts";
import type { Queryable } from "../db/database.ts";
import { deleteState, readState, type StateTable, writeState } from "./state.ts";

export type ServingSide = "blue" | "green";

export interface Serving {
  readonly side: ServingSide;
  /** UTC, by the clock of the machine that switched: "2026-01-31T23:59:59.123Z". */
  readonly since: string;
  /** That machine. */
  readonly host: string;
  /**
   * By table name, where the journals of the side that serves stood at that moment: what stands behind was written since by the
   * users that it serves.
   */
  readonly heads: ReadonlyMap<string, Position>;
}

const KEY = "serving";
const HEAD = "serving-head/";

export async function readServing(db: Queryable, state: StateTable): Promise<Serving | undefined> {
  const entries = await readState(db, state, KEY);
  const value = entries.find(({ key }) => key === KEY)?.value as Partial<Serving> | undefined;
  if (value === undefined) return undefined;
  const heads = entries.flatMap(({ key, value: head }): [string, Position][] =>
    key.startsWith(HEAD)
      ? [[key.slice(HEAD.length), BigInt(String((head as { position?: unknown }).position ?? 0))]]
      : [],
  );
  return {
    side: value.side === "green" ? "green" : "blue",
    since: String(value.since),
    host: String(value.host),
    heads: new Map(heads),
  };
}

/** In the transaction that switches. */
export async function writeServing(tx: Queryable, state: StateTable, serving: Serving): Promise<void> {
  const { heads, ...value } = serving;
  for (const [table, position] of heads)
    await writeState(tx, state, `${HEAD}${table}`, { position: position.toString() });
  await writeState(tx, state, KEY, value);
}

/** When the way back is given up. */
export async function forgetServing(
  tx: Queryable,
  state: StateTable,
  tables: readonly string[],
): Promise<void> {
  await deleteState(tx, state, KEY, ...tables.map((table) => `${HEAD}${table}`));
}
