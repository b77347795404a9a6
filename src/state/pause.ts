/** The operator's wish that run, copy and verify wait; on the target of a schema, so that every runner sees it. */
import { hostname } from "node:os";
import type { Queryable } from "../db/database.ts";
import { deleteState, type StateEntry, type StateTable, writeState } from "./state.ts";

export interface Pause {
  /** In the operator's words; may be empty. */
  readonly reason: string;
  /** UTC, by the clock of who paused: "2026-01-31T23:59:59.123Z". */
  readonly since: string;
  readonly host: string;
}

const KEY = "pause";
/** Letters of a reason that are kept. */
const MAX_REASON = 200;

/** Control characters could redraw a terminal. */
const printable = (text: unknown): string =>
  String(text ?? "")
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, MAX_REASON);

export async function notePause(db: Queryable, state: StateTable, reason: string): Promise<void> {
  const pause: Pause = { reason: printable(reason), since: new Date().toISOString(), host: hostname() };
  await writeState(db, state, KEY, pause);
}

export async function forgetPause(db: Queryable, state: StateTable): Promise<void> {
  await deleteState(db, state, KEY);
}

/** Among entries that were read already. */
export function pauseIn(entries: readonly StateEntry[]): Pause | undefined {
  const entry = entries.find(({ key }) => key === KEY);
  if (entry === undefined) return undefined;
  const { reason, since, host } = (entry.value ?? {}) as Partial<Pause>;
  return { reason: printable(reason), since: printable(since), host: printable(host) };
}
