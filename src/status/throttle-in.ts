/** What holds a group's run back, among entries that were read already. */
import { heldIn } from "../state/held.ts";
import { pauseIn } from "../state/pause.ts";
import { runnerIn } from "../state/runner.ts";
import type { StateEntry } from "../state/state.ts";
import { pauseAsHeld } from "../throttle/judge-hold.ts";
import { STILL_SECONDS } from "./arrival.ts";
import { secondsSince } from "./clock.ts";
import type { TableStatus } from "./table-status.ts";

/** A pause holds whoever comes to work; what a throttle query does is known from the run alone, while it says that it moves. */
export function throttleIn(
  entries: readonly StateEntry[],
  group: string,
  nowMs: number,
): TableStatus["throttle"] {
  const pause = pauseIn(entries);
  if (pause !== undefined) return pauseAsHeld(pause);
  const runner = runnerIn(entries, group);
  const movedSeconds = runner === undefined ? undefined : secondsSince(runner.movedAt, nowMs);
  if (runner === undefined || movedSeconds === undefined || movedSeconds > STILL_SECONDS) return null;
  return heldIn(entries, runner) ?? null;
}
