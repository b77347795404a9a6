/** What holds a run back, as the run itself tells it: whoever looks would have to put the same question to both servers. */
import { hostname } from "node:os";
import type { Queryable } from "../db/database.ts";
import type { Runner } from "./runner.ts";
import { deleteState, type StateEntry, type StateTable, writeState } from "./state.ts";

export interface Held {
  /** A phrase; no value of a row is in it. */
  readonly reason: string;
  /** UTC: "2026-01-31T23:59:59.123Z". */
  readonly since: string;
  /** What the throttle query gave then. */
  readonly value?: number;
}

const KEY = "held";

export async function noteHeld(db: Queryable, state: StateTable, { reason, since }: Held): Promise<void> {
  await writeState(db, state, KEY, { reason, since, host: hostname(), pid: process.pid });
}

export async function forgetHeld(db: Queryable, state: StateTable): Promise<void> {
  await deleteState(db, state, KEY);
}

/** What a runner has told, among entries that were read already; not what one that was killed has left behind. */
export function heldIn(entries: readonly StateEntry[], { host, pid }: Runner): Held | undefined {
  const value = entries.find(({ key }) => key === KEY)?.value as Partial<Held & Runner> | undefined;
  if (value === undefined || value.host !== host || value.pid !== pid) return undefined;
  return { reason: String(value.reason), since: String(value.since) };
}
