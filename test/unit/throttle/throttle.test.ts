import { expect, test } from "vitest";
import type { ResultRow } from "../../../src/db/database.ts";
import type { Held } from "../../../src/state/held.ts";
import { createPace } from "../../../src/throttle/pace.ts";
import { answerIn, createThrottle } from "../../../src/throttle/throttle.ts";
import { MemoryError, memoryDatabase } from "../../support/memory/database.ts";
import { memoryDialect, memoryServer } from "../../support/memory/dialect.ts";

/** A throttle with one query, and a clock that only waiting moves. */
function open(answer: () => readonly ResultRow[] | Promise<readonly ResultRow[]>) {
  const dialect = memoryDialect(memoryServer([]));
  const told: string[] = [];
  const at = { ms: 0 };
  const stop = new AbortController();
  let asked = 0;
  const pace = createThrottle({
    state: { dialect, name: "SYNC_STATE" },
    stateDb: memoryDatabase(),
    queries: {
      source: {
        dialect,
        sql: "SELECT 1",
        db: {
          query: async () => {
            asked += 1;
            return [...(await answer())];
          },
          execute: async () => 0,
        },
      },
    },
    pace: createPace(
      1_000,
      () => at.ms,
      async (ms) => {
        at.ms += ms;
      },
    ),
    events: {
      held: ({ reason }: Held) => void told.push(reason),
      released: (seconds) => void told.push(`released after ${seconds}`),
      failing: (side, reason, goesOn) => void told.push(`${side} ${reason} ${goesOn}`),
    },
    now: () => at.ms,
    wait: async (ms, signal) => {
      // The limit of an answer: it is never reached here while an answer comes.
      if (ms === 5_000) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      else at.ms += ms;
    },
  });
  return { pace, told, at, stop, asked: () => asked };
}

test("waits while the query says so, tells it once, and goes on by itself", async () => {
  const values = [7, 9, 0];
  const { pace, told, at, stop } = open(() => [{ n: values.shift() ?? 0 }]);
  let meanwhile = 0;
  await pace.spend(500, stop.signal, async () => {
    meanwhile += 1;
  });
  expect(told).toEqual(["throttleQuery.source is above 0", "released after 2"]);
  expect(meanwhile).toBe(2);
  // Two waits of a second, and half a second for the rows.
  expect(at.ms).toBe(2_500);
});

test("asks once a second, however many spend from it", async () => {
  const { pace, at, stop, asked } = open(() => [{ n: 0 }]);
  await Promise.all(Array.from({ length: 20 }, () => pace.spend(0, stop.signal)));
  expect(asked()).toBe(1);
  at.ms += 1_000;
  await pace.spend(0, stop.signal);
  expect(asked()).toBe(2);
});

test("a query that fails is told, and work goes on a minute later", async () => {
  const { pace, told, at, stop } = open(() => {
    throw new MemoryError("schema");
  });
  await pace.spend(0, stop.signal);
  expect(at.ms).toBe(60_000);
  const [held, first, second, last] = [told[1], told[0], told[2], told[3]];
  expect(held).toMatch(/^throttleQuery.source fails/);
  expect(first).toMatch(/^source .* false$/);
  expect(second).toMatch(/^source .* true$/);
  expect(last).toBe("released after 60");
  expect(told).toHaveLength(4);
});

test("what meanwhile throws ends the wait, and so does the signal", async () => {
  const { pace, stop } = open(() => [{ n: 1 }]);
  const lost = pace.spend(1, stop.signal, async () => {
    throw new Error("capture is lost");
  });
  await expect(lost).rejects.toThrow("capture is lost");
  const stopped = pace.spend(1, stop.signal, async () => stop.abort());
  await expect(stopped).resolves.toBeUndefined();
});

test.each([
  [[], { value: 0 }],
  [[{ n: null }], { value: 0 }],
  [[{ n: "12", m: 0 }], { value: 12 }],
  [[{ n: true }], { value: 1 }],
  [[{ n: "many" }], { failed: "its first value is no number" }],
  [[{ n: "" }], { failed: "its first value is no number" }],
  [[{ n: new Date(5) }], { failed: "its first value is no number" }],
  [[{ n: false }], { value: 0 }],
])("the answer of %j is %j", (rows, answer) => {
  expect(answerIn(rows as ResultRow[])).toEqual(answer);
});
