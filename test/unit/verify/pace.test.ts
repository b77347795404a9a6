import { expect, test } from "vitest";
import { createPace } from "../../../src/verify/pace.ts";

test("rows above the rate are waited for, and idle time is not made up for", async () => {
  let now = 1_000;
  const waits: number[] = [];
  const pace = createPace(
    100,
    new AbortController().signal,
    () => now,
    async (ms) => {
      waits.push(ms);
      now += ms;
    },
  );
  await pace.spend(50);
  await pace.spend(50);
  now += 60_000;
  await pace.spend(100);
  expect(waits).toEqual([500, 500, 1_000]);
});

test("without a rate nothing waits", async () => {
  const pace = createPace(undefined, new AbortController().signal, Date.now, async () => {
    throw new Error("waited");
  });
  await expect(pace.spend(1_000_000)).resolves.toBeUndefined();
});
