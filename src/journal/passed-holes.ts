/**
 * Positions that were passed as rolled back, for as long as they are looked at again: where a server shows nobody who could
 * still fill them, one that does after all must not be lost. Pure; kept on the target as text that has an end.
 */

import type { Position } from "../contract/change.ts";
import type { Hole } from "../contract/dialect.ts";

/** Holes that were passed at about one time, in order. */
export interface PassedHoles {
  /** When, in seconds since 1970, rounded down to a minute. */
  readonly since: number;
  readonly holes: readonly PassedHole[];
}

/** A hole; or, where there were too many to note them all, a range and how many of its positions were missing. */
export interface PassedHole extends Hole {
  readonly missing?: bigint;
}

/** Watched so long: no server thread that goes on at all stands still longer. */
export const WATCHED_SECONDS = 900;
const BUCKET_SECONDS = 60;
/** Kept one by one; beyond, the oldest become ranges. */
const MAX_HOLES = 20_000;
/** A value of the state table has 4000 characters. */
const MAX_TEXT = 3_800;

/** Adds holes that are about to be passed, and forgets what was watched long enough. Holes that are known stay as they are. */
export function addPassed(
  watched: readonly PassedHoles[],
  holes: readonly Hole[],
  nowSeconds: number,
): readonly PassedHoles[] {
  const since = Math.floor(nowSeconds / BUCKET_SECONDS) * BUCKET_SECONDS;
  const kept = watched.filter((bucket) => nowSeconds - bucket.since < WATCHED_SECONDS + BUCKET_SECONDS);
  const known = kept.at(-1)?.holes.at(-1)?.last ?? 0n;
  // Read again after a failure, a batch passes the same holes once more.
  const added = holes.filter(({ first }) => first > known);
  if (added.length === 0) return kept;
  const last = kept.at(-1);
  const merged =
    last !== undefined && last.since >= since
      ? [...kept.slice(0, -1), { ...last, holes: [...last.holes, ...added] }]
      : [...kept, { since, holes: added }];
  return bounded(merged, (all) => all.reduce((sum, { holes: own }) => sum + own.length, 0) <= MAX_HOLES);
}

/** As it is kept: short, and never longer than a value may be. */
export function passedText(watched: readonly PassedHoles[]): string {
  return textOf(bounded(watched, (all) => textOf(all).length <= MAX_TEXT));
}

/** What was kept; nothing for what is no such text. */
export function parsePassed(text: unknown): readonly PassedHoles[] {
  if (typeof text !== "string" || text === "") return [];
  let end = 0n;
  return text.split(";").map((part): PassedHoles => {
    const [since = "", list = ""] = part.split(":");
    const holes = list.split(",").map((one): PassedHole => {
      const [, gap = "0", size = "1", missing] =
        /^([0-9a-z]+)(?:\.([0-9a-z]+))?(?:~([0-9a-z]+))?$/.exec(one) ?? [];
      const first = end + fromText(gap);
      end = first + fromText(size) - 1n;
      return missing === undefined ? { first, last: end } : { first, last: end, missing: fromText(missing) };
    });
    return { since: Number.parseInt(since, 36) * BUCKET_SECONDS, holes };
  });
}

/** Every hole, the oldest first. */
export const allPassed = (watched: readonly PassedHoles[]): readonly PassedHole[] =>
  watched.flatMap(({ holes }) => holes);

/** Takes away what needs no more looks: these positions are settled. */
export function withoutPositions(
  watched: readonly PassedHoles[],
  settled: readonly Position[],
): readonly PassedHoles[] {
  if (settled.length === 0) return watched;
  const split = (hole: PassedHole): readonly PassedHole[] => {
    const inside = settled.filter((position) => position >= hole.first && position <= hole.last);
    if (inside.length === 0) return [hole];
    // Of a range it is not known which were missing.
    if (hole.missing !== undefined) return [{ ...hole, missing: hole.missing - BigInt(inside.length) }];
    let first = hole.first;
    const parts: Hole[] = [];
    for (const position of [...inside].sort((a, b) => (a < b ? -1 : 1))) {
      if (position > first) parts.push({ first, last: position - 1n });
      first = position + 1n;
    }
    return first <= hole.last ? [...parts, { first, last: hole.last }] : parts;
  };
  return watched
    .map(({ since, holes }) => ({ since, holes: holes.flatMap(split) }))
    .filter(({ holes }) => holes.length > 0);
}

/** Takes one away. */
export function withoutHole(watched: readonly PassedHoles[], hole: PassedHole): readonly PassedHoles[] {
  return watched
    .map(({ since, holes }) => ({ since, holes: holes.filter((other) => other !== hole) }))
    .filter(({ holes }) => holes.length > 0);
}

/** Makes ranges of the oldest holes until it fits. */
function bounded(
  watched: readonly PassedHoles[],
  fits: (watched: readonly PassedHoles[]) => boolean,
): readonly PassedHoles[] {
  let all = watched;
  for (let i = 0; i < all.length && !fits(all); i++) {
    all = all.map((bucket, n) => (n === i ? { ...bucket, holes: [asRange(bucket.holes)] } : bucket));
  }
  return all;
}

function asRange(holes: readonly PassedHole[]): PassedHole {
  const first = holes[0]?.first ?? 0n;
  const last = holes.at(-1)?.last ?? 0n;
  if (holes.length === 1 && holes[0] !== undefined) return holes[0];
  return { first, last, missing: holes.reduce((sum, hole) => sum + missingOf(hole), 0n) };
}

/** How many positions of it were missing when it was passed. */
export const missingOf = ({ first, last, missing }: PassedHole): bigint => missing ?? last - first + 1n;

/** `minute:gap.size~missing,...;...`, numbers to the base of 36; a gap counts from the end of the hole before. */
function textOf(watched: readonly PassedHoles[]): string {
  let end = 0n;
  return watched
    .map(({ since, holes }) => {
      const list = holes.map((hole) => {
        const size = hole.last - hole.first + 1n;
        const text = `${toText(hole.first - end)}${size === 1n ? "" : `.${toText(size)}`}`;
        end = hole.last;
        return hole.missing === undefined ? text : `${text}~${toText(hole.missing)}`;
      });
      return `${(since / BUCKET_SECONDS).toString(36)}:${list.join(",")}`;
    })
    .join(";");
}

const toText = (value: bigint): string => value.toString(36);
const fromText = (text: string): bigint =>
  [...text].reduce((value, digit) => value * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
