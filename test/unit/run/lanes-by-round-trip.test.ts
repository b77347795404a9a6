import { expect, test } from "vitest";
import { lanesFor, measureRoundTrip } from "../../../src/run/lanes-by-round-trip.ts";
import { openPair, planOf, planOfPair, USERS } from "../../support/memory/pair.ts";

const ROOM = { connections: 10, most: 100 };

test.each([
  [0, 1],
  [1.99, 1],
  [2, 2],
  [3.99, 2],
  [4, 4],
  [80, 4],
])("over %d ms %i lanes pay", (roundTripMs, lanes) => {
  expect(lanesFor(roundTripMs, ROOM)).toBe(lanes);
});

test("no more are chosen than the pool has connections for, or batches have room, and one in any case", () => {
  expect(lanesFor(9, { ...ROOM, connections: 5 })).toBe(3);
  expect(lanesFor(9, { ...ROOM, connections: 3 })).toBe(1);
  expect(lanesFor(9, { ...ROOM, connections: 2 })).toBe(1);
  expect(lanesFor(9, { ...ROOM, most: 2 })).toBe(2);
  expect(lanesFor(9, { ...ROOM, most: 0 })).toBe(1);
});

test("the quickest of some statements counts, of a plan without tables none", async () => {
  const pair = openPair({ schemas: [USERS] });
  const target = { db: pair.target.db, dialect: pair.target.dialect };
  const took = [30, 7, 5, 6, 40, 5.5, 9];
  let now = 0;
  let calls = 0;
  const clock = (): number => {
    if (calls++ % 2 === 1) now += took.shift() ?? 0;
    return now;
  };
  expect(await measureRoundTrip(target, planOfPair(pair), clock)).toBe(5);
  expect(took).toEqual([]);
  expect(await measureRoundTrip(target, planOf([]), clock)).toBe(0);
});
