import type { Hole, Observation } from "../dialect/dialect.ts";
import type { Position } from "./change.ts";

/**
 * How far missing positions may be judged (design section 6). It moves by samples: note the highest position, then the
 * transactions that could still fill a hole below it; when those are gone and the sample is old enough, every hole up
 * to that position was drawn by a transaction that has ended. The cost does not depend on the number of holes.
 */
export interface Horizon {
  /** Up to here every position is visible to the next read, or will never be. */
  readonly position: Position;
  /** Samples not yet expired, oldest first. */
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly position: Position;
  readonly atMs: number;
  /** Those of the transactions noted then that have not ended. */
  readonly holders: ReadonlySet<string>;
}

export const NO_HORIZON: Horizon = { position: 0n, samples: [] };

/** More samples than this only cost memory. */
const MAX_SAMPLES = 32;
/** Samples closer together than this tell nothing new. */
const MIN_SPACING_MS = 50;

/** Takes a new observation in: samples whose holders are all gone, and that are old enough, move the horizon. */
export function advance(horizon: Horizon, seen: Observation, nowMs: number, minAgeMs: number): Horizon {
  const aged = [...horizon.samples, { position: seen.highest, atMs: nowMs, holders: seen.holders }].map(
    (sample) => ({
      ...sample,
      holders: new Set([...sample.holders].filter((holder) => seen.holders.has(holder))),
    }),
  );
  const isExpired = (sample: Sample): boolean => sample.holders.size === 0 && nowMs - sample.atMs >= minAgeMs;
  let { position } = horizon;
  for (const sample of aged) if (isExpired(sample) && sample.position > position) position = sample.position;
  const open = aged.filter((sample) => !isExpired(sample) && sample.position > position);
  return { position, samples: thin(open) };
}

/** Keeps the oldest, which will expire first, and the newest; never two of one moment. */
function thin(samples: readonly Sample[]): readonly Sample[] {
  const spaced = samples.filter((sample, i) => {
    const before = samples[i - 1];
    return i === samples.length - 1
      ? before === undefined || i === 0 || sample.atMs - before.atMs >= MIN_SPACING_MS
      : true;
  });
  return spaced.length <= MAX_SAMPLES
    ? spaced
    : [...spaced.slice(0, MAX_SAMPLES / 2), ...spaced.slice(-MAX_SAMPLES / 2)];
}

/** Beyond every position that a journal can have. */
export const NO_END: Position = 2n ** 63n - 1n;

/**
 * The positions behind the last visible one that may have been handed out: up to the last that was, or without an end
 * where the database does not tell. Undefined when none was.
 */
export function tailOf(last: Position, drawn: Position | undefined): Hole | undefined {
  if (drawn === undefined) return { first: last + 1n, last: NO_END };
  return drawn > last ? { first: last + 1n, last: drawn } : undefined;
}

/** The runs of positions missing between `after` and the last of these, in order. */
export function findHoles(after: Position, positions: readonly Position[]): readonly Hole[] {
  const holes: Hole[] = [];
  let expected = after + 1n;
  for (const position of positions) {
    if (position > expected) holes.push({ first: expected, last: position - 1n });
    expected = position + 1n;
  }
  return holes;
}
