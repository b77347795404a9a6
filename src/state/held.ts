/** What holds a run back, as the run itself tells it: whoever looks would have to put the same question to both servers. */
import { hostname } from "node:os";
import type { Queryable } from "../db/database.ts";
import type { Runner } from "./runner.ts";
import { deleteState, type StateEntry, type StateTable, writeState } from "./state.ts";

export interface Held {
  /** "pause": until somebody resumes; "query": until a throttle query gives 0. */
  readonly kind: "pause" | "query";
  /** A phrase; no value of a row is in it. */
  readonly reason: string;
  /** UTC: "2026-01-31T23:59:59.123Z". */
  readonly since: string;
  /** What the throttle query gave then. */
  readonly value?: number;
}

const KEY = "held";

export async function noteHeld(db: Queryable, state: StateTable, held: Held): Promise<void> {
  const { kind, reason, since } = held;
  await writeState(db, state, KEY, { kind, reason, since, host: hostname(), pid: process.pid });
}

export async function forgetHeld(db: Queryable, state: StateTable): Promise<void> {
  await deleteState(db, state, KEY);
}

/** What a runner has told, among entries that were read already; not what one that was killed has left behind. */
export function heldIn(entries: readonly StateEntry[], { host, pid }: Runner): Held | undefined {
  const value = entries.find(({ key }) => key === KEY)?.value as Partial<Held & Runner> | undefined;
  if (value === undefined || value.host !== host || value.pid !== pid) return undefined;
  const kind = value.kind === "pause" ? "pause" : "query";
  return { kind, reason: String(value.reason), since: String(value.since) };
}
