/** What holds work back, as a decision over what was seen: the operator's pause, or what a throttle query answers. */

import type { Held } from "../state/held.ts";
import type { Pause } from "../state/pause.ts";

export type QuerySide = "source" | "target";

/** What a throttle query came to: its number, or why there is none, in our words. */
export type Answer = { readonly value: number } | { readonly failed: string };

export interface Seen {
  readonly pause: Pause | undefined;
  readonly answers: Readonly<Partial<Record<QuerySide, Answer>>>;
}

export interface HoldState {
  /** What holds work back; undefined when nothing does. */
  readonly held: Held | undefined;
  /** Since when each query fails, by a monotonic clock. */
  readonly failingSince: Readonly<Partial<Record<QuerySide, number>>>;
}

export const NOT_HELD: HoldState = { held: undefined, failingSince: {} };

/**
 * A query that fails holds work back for so long: a server that is overloaded may be what it fails for. Then work goes on
 * without it, since nobody may look for hours at what would stand still.
 */
export const FAILING_MS = 60_000;

/** `at`: the time, as people read it. A reason stays the same as long as it holds, and has no number in it. */
export function judgeHold(before: HoldState, { pause, answers }: Seen, nowMs: number, at: string): HoldState {
  const failingSince: Partial<Record<QuerySide, number>> = {};
  const reasons: { readonly reason: string; readonly value?: number }[] = [];
  for (const side of ["source", "target"] as const) {
    const answer = answers[side];
    if (answer === undefined) continue;
    if ("failed" in answer) {
      const since = before.failingSince[side] ?? nowMs;
      failingSince[side] = since;
      if (nowMs - since < FAILING_MS)
        reasons.push({ reason: `throttleQuery.${side} fails; after a minute work goes on without it` });
    } else if (answer.value > 0)
      reasons.push({ reason: `throttleQuery.${side} is above 0`, value: answer.value });
  }
  if (pause !== undefined) return { held: pauseAsHeld(pause), failingSince };
  const [first] = reasons;
  if (first === undefined) return { held: undefined, failingSince };
  const isSame = before.held?.reason === first.reason;
  return {
    held: isSame && before.held !== undefined ? before.held : { kind: "query", ...first, since: at },
    failingSince,
  };
}

export const pauseAsHeld = ({ reason, since, host }: Pause): Held => ({
  kind: "pause",
  reason: `paused by ${host}${reason === "" ? "" : `: ${reason}`}`,
  since,
});
