/** Who works on a group, and when he last said so: a lock alone does not tell a runner at work from one that was stopped. */
import { hostname } from "node:os";
import type { Queryable } from "../db/database.ts";
import { deleteState, type StateEntry, type StateTable, writeState } from "./state.ts";

/** A failure that a runner has tried again. */
export interface LastError {
  /** UTC, by the runner's clock: "2026-01-31T23:59:59.123Z". */
  readonly at: string;
  /** The database's code, or one of ours. */
  readonly code: string;
  /** In our words; no value of a row is in it. */
  readonly reason: string;
}

export interface Runner {
  readonly host: string;
  readonly pid: number;
  /** When it was written last, UTC by the target's clock: "2026-01-31 23:59:59.123". */
  readonly movedAt: string;
  readonly wayBack?: boolean;
  /** Since when it works on the group: UTC, by its own clock. */
  readonly since?: string;
  /** Changes that it applied per second of late, by table; one that is not named had none. */
  readonly perSecond?: Readonly<Record<string, number>>;
  readonly lastError?: LastError;
}

/** What a runner says of itself. */
export type RunnerNote = Pick<Runner, "wayBack" | "since" | "perSecond" | "lastError">;

const KIND = "runner/";
const MAX_NAME = 180;

const keyOf = (group: string): string => `${KIND}${group.slice(0, MAX_NAME)}`;

/** `wayBack`: the run carries the other direction too, and keeps late writes from taking the place of users'. */
export async function noteRunner(
  db: Queryable,
  state: StateTable,
  group: string,
  { wayBack, since, perSecond, lastError }: RunnerNote = {},
): Promise<void> {
  const runner = {
    ...{ host: hostname(), pid: process.pid, since, perSecond, lastError },
    ...(wayBack === true ? { wayBack } : {}),
  };
  await writeState(db, state, keyOf(group), runner);
}

export async function forgetRunner(db: Queryable, state: StateTable, group: string): Promise<void> {
  await deleteState(db, state, keyOf(group));
}

/** Of a group, among entries that were read already. */
export function runnerIn(entries: readonly StateEntry[], group: string): Runner | undefined {
  const entry = entries.find(({ key }) => key === keyOf(group));
  if (entry === undefined) return undefined;
  const { host, pid, wayBack, since, perSecond, lastError } = (entry.value ?? {}) as Partial<Runner>;
  return {
    host: String(host),
    pid: Number(pid),
    movedAt: entry.updatedAt,
    ...(since === undefined ? {} : { since: String(since) }),
    ...(perSecond === undefined ? {} : { perSecond }),
    ...(lastError === undefined ? {} : { lastError: asError(lastError) }),
    ...(wayBack === true ? { wayBack } : {}),
  };
}

const asError = ({ at, code, reason }: LastError): LastError => ({
  at: String(at),
  code: String(code),
  reason: String(reason),
});
