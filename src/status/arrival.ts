/**
 * The one judgement of "everything has arrived": what `status`, `drain`, `run --until-drained` and `cleanup` say of a table
 * comes from here. Pure: what was seen goes in, reasons come out.
 */

import type { Hole } from "../contract/dialect.ts";
import { NO_END } from "../journal/horizon.ts";
import type { Survey } from "../journal/reader.ts";
import { whole } from "../util/whole.ts";
import type { TableStatus } from "./table-status.ts";

/** Why a table has not arrived: the kind for scripts, the sentence for people. */
export interface Reason {
  readonly table: string;
  readonly kind: ReasonKind;
  readonly text: string;
}

export type ReasonKind =
  | "pending"
  | "open-hole"
  | "still-written"
  | "lagging"
  | "no-runner"
  | "dead-letters"
  | "not-captured"
  | "stopped"
  | "no-answer"
  | "gap"
  | "not-verified"
  | "problem";

/** A runner at work tells of itself every ten seconds. */
export const STILL_SECONDS = 45;

/** Why the target does not have everything of a table, or may still lack something; empty when it has all. */
export function arrivalReasons(status: TableStatus): readonly Reason[] {
  return [...faultReasons(status), ...behindReasons(status)];
}

/** What no waiting for the runner mends. */
export function faultReasons(status: TableStatus): readonly Reason[] {
  const { captured, drift, gap, checkpoint, deadLetters, problems, stopped, runner, pending } = status;
  const why = drift.length === 0 ? "" : ` (${drift.join("; ")})`;
  return [
    ...reason(status, !captured, "not-captured", `changes are not captured${why}`),
    ...reason(status, gap !== null, "gap", `${gap}; \`verify\` shows whether they are`),
    ...reason(
      status,
      checkpoint === null,
      "problem",
      "the target has no checkpoint, nothing was applied yet",
    ),
    ...reason(
      status,
      stopped !== null,
      "stopped",
      `its run stopped for good at ${stopped?.since}: ${stopped?.why} [${stopped?.code}]`,
    ),
    ...reason(
      status,
      (pending ?? 0) > 0 && runner !== null && runner.movedSecondsAgo > STILL_SECONDS,
      "no-runner",
      `its runner (process ${runner?.pid} on ${runner?.host}) has not moved for ${Math.round(runner?.movedSecondsAgo ?? 0)} s`,
    ),
    ...reason(status, deadLetters > 0, "dead-letters", `${whole(deadLetters)} dead letters`),
    ...problems.flatMap((problem) => reason(status, true, "problem", problem)),
  ];
}

/**
 * The first position that may still come behind what is applied, by the same judgement as `behindReasons`: one that was
 * handed out and is not known to be dead, or the next one of a transaction that is at work on the journal.
 */
export function stillToCome({ open, writers, reached }: Survey): Hole | undefined {
  if (open !== undefined) return open.last === NO_END ? { ...open, last: open.first } : open;
  return writers.length === 0 ? undefined : { first: reached + 1n, last: reached + 1n };
}

/** What is not applied, or not even visible yet. */
export function behindReasons(status: TableStatus): readonly Reason[] {
  const { pending, pendingIsEstimate, openHole, writers, throttle } = status;
  const held =
    throttle === null ? "" : `, and its run is held back since ${throttle.since}: ${throttle.reason}`;
  return [
    ...reason(
      status,
      (pending ?? 0) > 0,
      "pending",
      `${pendingIsEstimate ? "about " : ""}${whole(pending ?? 0)} changes are pending${held}`,
    ),
    ...reason(
      status,
      openHole !== null,
      "open-hole",
      `a transaction on the source has not ended: position ${openHole?.first} may still appear`,
    ),
    // It has the journal's lock, so that a change of its own may come next.
    ...reason(
      status,
      openHole === null && writers > 0,
      "open-hole",
      `${writers} transactions on the source that write to it have not ended`,
    ),
  ];
}

export function reason(
  { table }: { readonly table: string },
  when: boolean,
  kind: ReasonKind,
  text: string,
): readonly Reason[] {
  return when ? [{ table, kind, text: `${table}: ${text}` }] : [];
}
