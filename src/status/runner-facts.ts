/** Who works on a group, among entries that were read already. */
import { runnerIn } from "../state/runner.ts";
import type { StateEntry } from "../state/state.ts";
import { STILL_SECONDS } from "./arrival.ts";
import { secondsSince } from "./clock.ts";
import type { TableStatus } from "./table-status.ts";

/** Of one of its tables; `nowMs` by the target's clock. */
export function runnerFacts(
  entries: readonly StateEntry[],
  table: string,
  group: string,
  nowMs: number,
): Pick<TableStatus, "runner" | "appliedPerSecond" | "lastError"> {
  const runner = runnerIn(entries, group);
  const seconds = runner === undefined ? undefined : secondsSince(runner.movedAt, nowMs);
  if (runner === undefined || seconds === undefined)
    return { runner: null, appliedPerSecond: null, lastError: null };
  const { host, pid, since, perSecond, lastError } = runner;
  return {
    runner: { host, pid, since: since ?? null, movedSecondsAgo: seconds },
    appliedPerSecond: seconds > STILL_SECONDS || perSecond === undefined ? null : (perSecond[table] ?? 0),
    lastError: lastError ?? null,
  };
}
