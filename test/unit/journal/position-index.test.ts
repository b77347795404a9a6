import fc from "fast-check";
import { expect, test } from "vitest";
import { createPositionIndex } from "../../../src/journal/position-index.ts";

test("knows the last position of each text, and of none that it was not given", () => {
  const index = createPositionIndex(100n, 1_000_000);
  for (let i = 1n; i <= 20_000n; i++) index.add(100n + i, `key ${i % 7_000n}`);
  expect(index.to).toBe(20_100n);
  expect(index.last("key 1")).toBe(100n + 14_001n);
  expect(index.last("key 6001")).toBe(100n + 13_001n);
  expect(index.last("key 7000")).toBeUndefined();
  expect(index.isFull).toBe(false);
});

test("for any texts nothing is said to be nowhere that is somewhere, and the position is never too early", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 60n }),
      fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.integer({ min: 1, max: 1_000 })), {
        maxLength: 4_000,
      }),
      (from, steps) => {
        const index = createPositionIndex(from, 1_000_000);
        const known = new Map<string, bigint>();
        let position = from;
        for (const [text, step] of steps) {
          position += BigInt(step);
          index.add(position, text);
          known.set(text, position);
        }
        for (const [text, last] of known) {
          const found = index.last(text);
          if (found === undefined || found < last) return false;
        }
        return index.to === position;
      },
    ),
  );
});

test("takes no more than it may: what comes then is not in it", () => {
  const index = createPositionIndex(0n, 3);
  for (const [i, text] of ["a", "b", "a", "c", "d", "e"].entries()) index.add(BigInt(i + 1), text);
  expect(index.isFull).toBe(true);
  expect(index.to).toBe(4n);
  expect(index.last("e")).toBeUndefined();
  expect(index.last("a")).toBe(3n);
});

test("ends before positions that are too far away to be counted", () => {
  const index = createPositionIndex(5n, 1_000);
  index.add(6n, "a");
  index.add(5n + 2n ** 32n, "b");
  expect(index.isFull).toBe(true);
  expect(index.to).toBe(6n);
  expect(index.last("a")).toBe(6n);
});

test("notes positions without a text", () => {
  const index = createPositionIndex(0n, 10);
  index.add(7n);
  expect(index.to).toBe(7n);
});
