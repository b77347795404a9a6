import { expect, test } from "vitest";
import { isMoment, recentMoments } from "../../../src/contract/elapsed-time.ts";
import { advance, NO_HORIZON } from "../../../src/journal/horizon.ts";

test("an observation without transactions counts once its time has passed, and not before", () => {
  const seen = (atMs: number, highest: bigint) => ({ highest, holders: recentMoments(atMs, 15_000) });
  const start = 1_700_000_000_000;
  let horizon = advance(NO_HORIZON, seen(start, 10n), start, 1_000);
  for (let elapsed = 1_000; elapsed < 14_500; elapsed += 1_000)
    horizon = advance(horizon, seen(start + elapsed, 20n), start + elapsed, 1_000);
  expect(horizon.position).toBe(0n);
  horizon = advance(horizon, seen(start + 15_500, 20n), start + 15_500, 1_000);
  expect(horizon.position).toBe(10n);
});

test("a moment is known for one", () => {
  expect([...recentMoments(1_000, 1_000)].every(isMoment)).toBe(true);
  expect(isMoment("55:1234")).toBe(false);
});
