import { expect, test } from "vitest";
import { createRecentRate } from "../../../src/util/recent-rate.ts";

test("a rate is that of the last twenty seconds, and 0 until there are two looks", () => {
  let now = 5_000;
  const rate = createRecentRate(() => now);
  expect(rate(100)).toBe(0);
  expect(rate(150)).toBe(0);
  now += 10_000;
  expect(rate(1_100)).toBe(100);
  // The first looks are twenty seconds old, and count still; a moment later they do not.
  now += 10_000;
  expect(rate(1_100)).toBe(50);
  now += 1;
  expect(rate(1_100)).toBe(0);
});
