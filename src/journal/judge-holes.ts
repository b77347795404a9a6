import type { Change, Position } from "../contract/change.ts";
import type { Hole } from "../contract/dialect.ts";
import { NO_END } from "./horizon.ts";

/** What a database says of a hole that it was asked about. */
export type Verdict = "open" | "filled" | "dead";

/**
 * The holes that evidence as far as `horizon` reaches over: whether they are dead may be asked. `reached`: so far positions were
 * handed out, which is where a hole without an end is judged at.
 */
export function judgeable(
  holes: readonly Hole[],
  horizon: Position,
  reached: Position = NO_END,
): readonly Hole[] {
  return holes.filter(({ last }) => (last === NO_END ? reached : last) <= horizon);
}

/** The first hole that may still be filled: nobody was asked about it, or the answer is another than "dead". */
export function firstOpen(
  holes: readonly Hole[],
  judged: readonly Hole[],
  verdicts: readonly Verdict[],
): Hole | undefined {
  return holes.find((hole, i) => verdicts[i] !== "dead" || hole !== judged[i]);
}

/** What is safe to apply of changes in order of position: those before the first open hole. */
export function beforeHole(changes: readonly Change[], open: Hole | undefined): readonly Change[] {
  return open === undefined ? changes : changes.filter(({ position }) => position < open.first);
}
