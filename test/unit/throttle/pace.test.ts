import { expect, test } from "vitest";
import { createPace } from "../../../src/throttle/pace.ts";
import { newBucket, takeRows } from "../../../src/throttle/token-bucket.ts";

const signal = new AbortController().signal;

/** A clock that only waiting moves. */
function clock() {
  const waits: number[] = [];
  const at = { ms: 1_000 };
  return {
    at,
    waits,
    now: () => at.ms,
    wait: async (ms: number) => {
      waits.push(ms);
      at.ms += ms;
    },
  };
}

test("rows above the rate are waited for, and idle time is not made up for", async () => {
  const { at, waits, now, wait } = clock();
  const pace = createPace(100, now, wait);
  expect(pace.mostRows).toBe(100);
  await pace.spend(50, signal);
  await pace.spend(50, signal);
  at.ms += 60_000;
  await pace.spend(100, signal);
  expect(waits).toEqual([500, 500, 1_000]);
});

test("a wait of many seconds is one of many parts, with something done in between", async () => {
  const { waits, now, wait } = clock();
  let done = 0;
  await createPace(10, now, wait).spend(25, signal, async () => {
    done += 1;
  });
  expect([waits, done]).toEqual([[1_000, 1_000, 500], 2]);
});

test("those who spend from one bucket are below its rate together", () => {
  const first = takeRows(newBucket(10), 10, 5_000);
  const second = takeRows(first.bucket, 5, 5_000);
  const later = takeRows(second.bucket, 1, 5_700);
  expect([first.waitMs, second.waitMs, later.waitMs]).toEqual([1_000, 1_500, 900]);
});

test("a wait ends with the signal", async () => {
  const { waits, now, wait } = clock();
  const stop = new AbortController();
  await createPace(1, now, async (ms) => {
    await wait(ms);
    stop.abort();
  }).spend(100, stop.signal);
  expect(waits).toEqual([1_000]);
});

test("without a rate nothing waits", async () => {
  const pace = createPace(undefined, Date.now, async () => {
    throw new Error("waited");
  });
  await expect(pace.spend(1_000_000, signal)).resolves.toBeUndefined();
});
