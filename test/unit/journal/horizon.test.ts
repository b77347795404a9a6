import { describe, expect, test } from "vitest";
import type { Observation } from "../../../src/contract/dialect.ts";
import {
  advance,
  findHoles,
  type Horizon,
  NO_HORIZON,
  UNSEEN,
  waitedFor,
} from "../../../src/journal/horizon.ts";

const seen = (highest: number, ...holders: string[]): Observation => ({
  highest: BigInt(highest),
  holders: new Set(holders),
});

/** Takes observations in, each with its time in milliseconds. */
const horizonAfter = (minAgeMs: number, ...observations: readonly [number, Observation][]): Horizon =>
  observations.reduce((horizon, [at, seenThen]) => advance(horizon, seenThen, at, minAgeMs), NO_HORIZON);

describe("The horizon", () => {
  test("is the highest position at once where nobody could fill a hole and no age is asked for", () => {
    expect(horizonAfter(0, [0, seen(7)]).position).toBe(7n);
  });

  test("stays while a transaction noted with a position is open, and moves when it has ended", () => {
    expect(horizonAfter(0, [0, seen(7, "a")]).position).toBe(0n);
    expect(horizonAfter(0, [0, seen(7, "a")], [60, seen(9, "a", "b")]).position).toBe(0n);
    expect(horizonAfter(0, [0, seen(7, "a")], [60, seen(9, "a", "b")], [120, seen(9, "b")]).position).toBe(
      7n,
    );
    expect(horizonAfter(0, [0, seen(7, "a")], [60, seen(9, "a", "b")], [120, seen(9)]).position).toBe(9n);
  });

  test("does not wait for transactions that came later", () => {
    expect(horizonAfter(0, [0, seen(7, "a")], [60, seen(8, "b")]).position).toBe(7n);
  });

  test("waits until a position has been seen for the minimum age", () => {
    expect(horizonAfter(1_000, [0, seen(7)], [999, seen(9)]).position).toBe(0n);
    expect(horizonAfter(1_000, [0, seen(7)], [1_000, seen(9)]).position).toBe(7n);
    expect(horizonAfter(1_000, [0, seen(7)], [500, seen(9)], [1_500, seen(12)]).position).toBe(9n);
  });

  test("names for a hole those alone who were there when it was first seen, not whoever writes since", () => {
    const horizon = horizonAfter(
      0,
      [0, seen(7, "a")],
      [60, seen(9, "a", "b")],
      [120, seen(20, "a", "b", "c")],
    );
    expect([...waitedFor(horizon, { first: 5n, last: 6n })]).toEqual(["a"]);
    expect([...waitedFor(horizon, { first: 8n, last: 8n })]).toEqual(["a", "b"]);
    expect([...waitedFor(horizon, { first: 30n, last: 30n })].sort()).toEqual(["a", "b", "c"]);
    expect([...waitedFor(horizon)].sort()).toEqual(["a", "b", "c"]);
  });

  test("never moves back", () => {
    expect(horizonAfter(0, [0, seen(7)], [60, seen(0)]).position).toBe(7n);
  });

  test("keeps up under traffic that never pauses: its delay is the minimum age, not the number of looks", () => {
    const looks = Array.from({ length: 500 }, (_, i): [number, Observation] => [i * 10, seen(i * 3)]);
    // The last look is at 4,990 ms; what was seen a second and the spacing of two samples before counts.
    expect(horizonAfter(1_000, ...looks).position).toBeGreaterThanOrEqual(3n * 393n);
    expect(horizonAfter(1_000, ...looks).position).toBeLessThanOrEqual(3n * 399n);
  });

  test("remembers a bounded number of looks while a transaction stays open for hours", () => {
    const looks = Array.from({ length: 1_000 }, (_, i): [number, Observation] => [
      i * 60_000,
      seen(i, "old"),
    ]);
    const horizon = horizonAfter(0, ...looks);
    expect(horizon.position).toBe(0n);
    expect(horizon.samples.length).toBeLessThanOrEqual(32);
    expect(advance(horizon, seen(1_000), 1_000 * 60_000, 0).position).toBe(1_000n);
  });
});

describe("Holes", () => {
  test("are the runs of positions that are missing", () => {
    expect(findHoles(0n, [1n, 2n, 3n])).toEqual([]);
    expect(findHoles(0n, [2n, 3n, 7n])).toEqual([
      { first: 1n, last: 1n },
      { first: 4n, last: 6n },
    ]);
    expect(findHoles(41n, [42n, 1_000_042n])).toEqual([{ first: 43n, last: 1_000_041n }]);
    expect(findHoles(9_223_372_036_854_775_800n, [9_223_372_036_854_775_807n])).toEqual([
      { first: 9_223_372_036_854_775_801n, last: 9_223_372_036_854_775_806n },
    ]);
  });

  test("are none where nothing was read", () => {
    expect(findHoles(5n, [])).toEqual([]);
  });
});

describe("Somebody who may have nothing to do with the journal", () => {
  const suspected = (highest: number, ...suspects: string[]): Observation => ({
    ...seen(highest),
    suspects: new Set(suspects),
  });
  const looks = (last: number): readonly [number, Observation][] => [
    [0, suspected(7, "s")],
    [last, suspected(9, "s")],
  ];

  test("is waited for a minute, and no longer", () => {
    expect(horizonAfter(0, ...looks(59_999)).position).toBe(0n);
    expect(horizonAfter(0, ...looks(60_000)).position).toBe(7n);
  });

  test("is not waited for once gone, though others have come", () => {
    expect(horizonAfter(0, [0, suspected(7, "s")], [60, suspected(9, "t")]).position).toBe(7n);
  });

  test("does not stand in the place of a holder, who is waited for without an end", () => {
    const both: Observation = { ...suspected(7, "s"), holders: new Set(["h"]) };
    expect(horizonAfter(0, [0, both], [600_000, both]).position).toBe(0n);
  });
});

describe("A look that saw no transactions", () => {
  test("does not end one that was noted before", () => {
    const unseen = seen(8, UNSEEN);
    expect(horizonAfter(0, [0, seen(7, "a")], [60, unseen]).position).toBe(0n);
    expect(horizonAfter(0, [0, seen(7, "a")], [60, unseen], [120, seen(9, "a")]).position).toBe(0n);
    expect(horizonAfter(0, [0, seen(7, "a")], [60, unseen], [120, seen(9)]).position).toBe(9n);
  });

  test("never lets the horizon reach what was visible then", () => {
    expect(horizonAfter(0, [0, seen(7, UNSEEN)], [60, seen(7, UNSEEN)]).position).toBe(0n);
  });
});

test("However long a transaction stays open, the first sample and the latest are kept, and few of them", () => {
  const looks = Array.from({ length: 100 }, (_, i): [number, Observation] => [i * 60, seen(10 + i, "a")]);
  const horizon = horizonAfter(0, ...looks);
  expect(horizon.samples.length).toBeLessThanOrEqual(32);
  expect(horizon.samples[0]?.position).toBe(10n);
  expect(horizon.samples.at(-1)?.position).toBe(109n);
  const ended = advance(horizon, seen(110), 6_000, 0);
  expect(ended.position).toBe(110n);
  // Judged: nothing of it is remembered.
  expect(ended.samples).toEqual([]);
});

test("Samples of almost one moment tell nothing new", () => {
  const horizon = horizonAfter(
    0,
    [0, seen(7, "a")],
    [49, seen(8, "a")],
    [99, seen(9, "a")],
    [149, seen(10, "a")],
  );
  expect(horizon.samples.map(({ position }) => position)).toEqual([7n, 9n, 10n]);
});
