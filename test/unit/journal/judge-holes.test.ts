import { describe, expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { Hole } from "../../../src/contract/dialect.ts";
import { NO_END, tailOf } from "../../../src/journal/horizon.ts";
import { beforeHole, firstOpen, judgeable } from "../../../src/journal/judge-holes.ts";

const hole = (first: number, last = first): Hole => ({ first: BigInt(first), last: BigInt(last) });
const change = (position: number): Change => ({ position: BigInt(position), action: "INSERT", row: {} });
const HOLES = [hole(3), hole(7, 9), hole(12)];

describe("A hole", () => {
  test("is judged once the evidence reaches over the whole of it, and not before", () => {
    expect(judgeable(HOLES, 2n)).toEqual([]);
    expect(judgeable(HOLES, 8n)).toEqual([hole(3)]);
    expect(judgeable(HOLES, 9n)).toEqual([hole(3), hole(7, 9)]);
    expect(judgeable(HOLES, 12n)).toEqual(HOLES);
  });

  test("without an end is judged as far as positions were handed out", () => {
    const endless = { first: 13n, last: NO_END };
    expect(judgeable([endless], 19n, 20n)).toEqual([]);
    expect(judgeable([endless], 20n, 20n)).toEqual([endless]);
    expect(judgeable([endless], 1_000n)).toEqual([]);
    expect(judgeable([hole(30)], 20n, 20n)).toEqual([]);
  });

  test("is open until it is proven dead: unasked, still open, and just filled are none", () => {
    expect(firstOpen(HOLES, [], [])).toEqual(hole(3));
    expect(firstOpen(HOLES, HOLES, ["open", "dead", "dead"])).toEqual(hole(3));
    expect(firstOpen(HOLES, HOLES, ["dead", "filled", "dead"])).toEqual(hole(7, 9));
    expect(firstOpen(HOLES, HOLES.slice(0, 2), ["dead", "dead"])).toEqual(hole(12));
    expect(firstOpen(HOLES, HOLES, ["dead", "dead", "dead"])).toBeUndefined();
    expect(firstOpen([], [], [])).toBeUndefined();
  });

  test("is not closed by the verdict on another one", () => {
    expect(firstOpen(HOLES, HOLES.slice(1), ["dead", "dead"])).toEqual(hole(3));
  });

  test("lets pass what stands before it, and nothing behind it", () => {
    const changes = [1, 2, 4, 5, 6, 10].map(change);
    expect(beforeHole(changes, hole(3))).toEqual([change(1), change(2)]);
    expect(beforeHole(changes, hole(7, 9))).toEqual([1, 2, 4, 5, 6].map(change));
    expect(beforeHole(changes, undefined)).toEqual(changes);
  });
});

test("behind the last visible position, whatever was handed out may come; without a word of it, anything", () => {
  expect(tailOf(7n, 9n)).toEqual(hole(8, 9));
  expect(tailOf(7n, 8n)).toEqual(hole(8));
  expect(tailOf(7n, 7n)).toBeUndefined();
  expect(tailOf(7n, 6n)).toBeUndefined();
  expect(tailOf(7n, undefined)).toEqual({ first: 8n, last: 2n ** 63n - 1n });
});
