import type { Position } from "../contract/change.ts";
import type { Hole, Observation } from "../contract/dialect.ts";

/**
 * How far missing positions may be judged. It moves by samples: note the highest position, then the
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
  readonly suspects: ReadonlySet<string>;
}

/** Stands among the transactions of an observation in which they could not be seen. */
export const UNSEEN = "unseen";

export const NO_HORIZON: Horizon = { position: 0n, samples: [] };

/** More samples than this only cost memory. */
const MAX_SAMPLES = 32;
/** Samples closer together than this tell nothing new. */
const MIN_SPACING_MS = 50;

/** So long somebody is waited for who may have nothing to do with the journal. */
const SUSPECT_MS = 60_000;
const NO_SUSPECTS: ReadonlySet<string> = new Set();

/**
 * Takes a new observation in: samples whose holders are all gone, and that are old enough, move the horizon. Those who are only
 * suspected are waited for no longer than `suspectMs`.
 */
export function advance(
  horizon: Horizon,
  seen: Observation,
  nowMs: number,
  minAgeMs: number,
  suspectMs = SUSPECT_MS,
): Horizon {
  const { highest: position, holders, suspects = NO_SUSPECTS } = seen;
  const aged = [...horizon.samples, { position, atMs: nowMs, holders, suspects }].map((sample) => ({
    ...sample,
    holders: stillThere(sample.holders, holders),
    suspects: stillThere(sample.suspects, suspects),
  }));
  const isExpired = (sample: Sample): boolean => {
    const ageMs = nowMs - sample.atMs;
    const isSuspect = sample.suspects.size > 0 && ageMs < suspectMs;
    return sample.holders.size === 0 && !isSuspect && ageMs >= minAgeMs;
  };
  let reached = horizon.position;
  for (const sample of aged) if (isExpired(sample) && sample.position > reached) reached = sample.position;
  const open = aged.filter((sample) => !isExpired(sample) && sample.position > reached);
  return { position: reached, samples: thin(open) };
}

/**
 * Who keeps a hole from being judged: those of the first sample that reaches over it. Whoever came later did not draw its
 * positions, and there are many of those where users write all the time. Without a hole: everybody who was noted.
 */
export function waitedFor({ samples }: Horizon, hole?: Hole): ReadonlySet<string> {
  const over = hole === undefined ? undefined : samples.find(({ position }) => position >= hole.last);
  return over?.holders ?? new Set(samples.flatMap(({ holders }) => [...holders]));
}

/** Those of `noted` that are there now. After a look that saw nobody, nobody is known to be gone, nor to have come. */
function stillThere(noted: ReadonlySet<string>, now: ReadonlySet<string>): ReadonlySet<string> {
  return now.has(UNSEEN) ? noted : new Set([...noted].filter((one) => one === UNSEEN || now.has(one)));
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
