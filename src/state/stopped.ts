/** A group that has stopped for good: what no retry mends. Kept until a runner works on it again. */
import type { Queryable } from "../db/database.ts";
import type { SyncError } from "../errors.ts";
import { deleteState, type StateEntry, type StateTable, writeState } from "./state.ts";

export interface Stopped {
  /** UTC, by the runner's clock: "2026-01-31T23:59:59.123Z". */
  readonly since: string;
  /** Of the error, e.g. "SCHEMA_CHANGED". */
  readonly code: string;
  /** The error's words; no value of a row is in them. */
  readonly why: string;
}

const KIND = "stopped/";
/** A key has 190 characters at most, and a group is named after its tables. */
const MAX_NAME = 180;
const MAX_WHY = 600;

const keyOf = (group: string): string => `${KIND}${group.slice(0, MAX_NAME)}`;

export async function noteStopped(
  db: Queryable,
  state: StateTable,
  group: string,
  { code, message }: SyncError,
): Promise<void> {
  const stopped: Stopped = { since: new Date().toISOString(), code, why: message.slice(0, MAX_WHY) };
  await writeState(db, state, keyOf(group), stopped);
}

export async function forgetStopped(db: Queryable, state: StateTable, group: string): Promise<void> {
  await deleteState(db, state, keyOf(group));
}

/** Of a group, among entries that were read already. */
export function stoppedIn(entries: readonly StateEntry[], group: string): Stopped | undefined {
  const value = entries.find(({ key }) => key === keyOf(group))?.value as Partial<Stopped> | undefined;
  if (value === undefined) return undefined;
  return { since: String(value.since), code: String(value.code), why: String(value.why) };
}
