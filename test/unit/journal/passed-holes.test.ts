import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Hole } from "../../../src/contract/dialect.ts";
import {
  addPassed,
  allPassed,
  missingOf,
  type PassedHoles,
  parsePassed,
  passedText,
  withoutHole,
  withoutPositions,
} from "../../../src/journal/passed-holes.ts";

const hole = (first: number, last = first): Hole => ({ first: BigInt(first), last: BigInt(last) });

/** Holes in order, apart from each other, as sizes and gaps. */
const HOLES = fc
  .array(fc.tuple(fc.integer({ min: 2, max: 50 }), fc.integer({ min: 1, max: 40 })), { maxLength: 60 })
  .map((parts) => {
    let end = 0;
    return parts.map(([gap, size]) => {
      const first = end + gap;
      end = first + size - 1;
      return hole(first, end);
    });
  });

describe("Holes that were passed", () => {
  test("are kept as text and read again", () => {
    fc.assert(
      fc.property(fc.array(HOLES, { maxLength: 4 }), (batches) => {
        let watched: readonly PassedHoles[] = [];
        let base = 0n;
        for (const [i, holes] of batches.entries()) {
          const moved = holes.map(({ first, last }) => ({ first: first + base, last: last + base }));
          watched = addPassed(watched, moved, 1_000_000 + i * 61);
          base = (moved.at(-1)?.last ?? base) + 5n;
        }
        expect(parsePassed(passedText(watched))).toEqual(watched);
      }),
    );
  });

  test("are the same when a batch is read once more", () => {
    const once = addPassed([], [hole(3), hole(7, 9)], 100);
    expect(addPassed(once, [hole(3), hole(7, 9)], 101)).toEqual(once);
    expect(allPassed(addPassed(once, [hole(7, 9), hole(12)], 101))).toEqual([hole(3), hole(7, 9), hole(12)]);
  });

  test("are the same when the last of them, a single position, is read once more", () => {
    const once = addPassed([], [hole(3), hole(9)], 100);
    expect(addPassed(once, [hole(9)], 101)).toEqual(once);
  });

  test("of one minute are kept together, those of the next for themselves", () => {
    const once = addPassed([], [hole(3)], 60);
    expect(addPassed(once, [hole(9)], 119)).toEqual([{ since: 60, holes: [hole(3), hole(9)] }]);
    expect(addPassed(once, [hole(9)], 120)).toEqual([
      { since: 60, holes: [hole(3)] },
      { since: 120, holes: [hole(9)] },
    ]);
  });

  test("are taken away one by one, and a minute without any goes with its last", () => {
    const watched = addPassed(addPassed([], [hole(3), hole(9)], 60), [hole(12)], 120);
    const [three, nine, twelve] = allPassed(watched);
    if (three === undefined || nine === undefined || twelve === undefined)
      throw new Error("three were passed");
    expect(withoutHole(watched, three)).toEqual([
      { since: 60, holes: [hole(9)] },
      { since: 120, holes: [hole(12)] },
    ]);
    expect(withoutHole(withoutHole(watched, three), nine)).toEqual([{ since: 120, holes: [hole(12)] }]);
    expect(withoutHole(watched, twelve)).toEqual([{ since: 60, holes: [hole(3), hole(9)] }]);
  });

  test("are a range at once when they are more than are kept one by one", () => {
    const many = Array.from({ length: 20_001 }, (_, i) => hole(10 + i * 2));
    const [range, ...others] = allPassed(addPassed([], many, 60));
    expect(range).toEqual({ first: 10n, last: 40_010n, missing: 20_001n });
    expect(others).toEqual([]);
    expect(allPassed(addPassed([], many.slice(0, 100), 60))).toHaveLength(100);
  });

  test("are forgotten after a quarter of an hour", () => {
    const old = addPassed([], [hole(3)], 600);
    expect(allPassed(addPassed(old, [hole(9)], 600 + 900))).toEqual([hole(3), hole(9)]);
    expect(allPassed(addPassed(old, [hole(9)], 600 + 961))).toEqual([hole(9)]);
    expect(addPassed(old, [], 600 + 961)).toEqual([]);
  });

  test("never make a text that is too long: the oldest become a range that knows how many were missing", () => {
    const many = Array.from({ length: 3_000 }, (_, i) => hole(10 + i * 100, 12 + i * 100));
    const watched = addPassed(addPassed([], many, 60), [hole(400_000)], 180);
    const text = passedText(watched);
    expect(text.length).toBeLessThan(3_800);
    const read = allPassed(parsePassed(text));
    expect(read).toEqual([{ first: 10n, last: 299_912n, missing: 9_000n }, hole(400_000)]);
    expect(read.map(missingOf)).toEqual([9_000n, 1n]);
  });

  test("are fewer by the positions that appeared after all", () => {
    const watched = addPassed([], [hole(3), hole(7, 9), hole(20, 22)], 60);
    expect(allPassed(withoutPositions(watched, [3n, 8n, 22n]))).toEqual([hole(7), hole(9), hole(20, 21)]);
    expect(withoutPositions(watched, [])).toBe(watched);
    const range: readonly PassedHoles[] = [{ since: 60, holes: [{ ...hole(1, 100), missing: 9n }] }];
    expect(allPassed(withoutPositions(range, [4n, 5n]))).toEqual([{ ...hole(1, 100), missing: 7n }]);
  });

  test("are split at each position of one hole that appeared, in whatever order these are told", () => {
    const watched = addPassed([], [hole(10, 19)], 60);
    for (const settled of [
      [12n, 17n, 13n],
      [17n, 13n, 12n],
    ])
      expect(allPassed(withoutPositions(watched, settled))).toEqual([
        hole(10, 11),
        hole(14, 16),
        hole(18, 19),
      ]);
    expect(allPassed(withoutPositions(watched, [19n, 10n]))).toEqual([hole(11, 18)]);
    expect(withoutPositions(addPassed([], [hole(10, 11)], 60), [11n, 10n])).toEqual([]);
  });

  test("are nothing for a text of something else", () => {
    expect(parsePassed(undefined)).toEqual([]);
    expect(parsePassed({ x: 1 })).toEqual([]);
    expect(parsePassed("")).toEqual([]);
  });
});
