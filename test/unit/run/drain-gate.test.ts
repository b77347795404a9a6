/** When `drain --wait` waits on, and when it ends because no waiting helps. */
import { expect, test } from "vitest";
import { watchDrain } from "../../../src/run/drain-gate.ts";
import { openPair, type Pair, planOfPair, run, USERS } from "../../support/memory/pair.ts";

/** A change that the target refused, and a runner at work. */
async function withLetter(): Promise<Pair> {
  const pair = openPair({ schemas: [USERS] });
  pair.write("USERS", "INSERT", { ID: "1", NAME: "poison" });
  await run(pair, { until: "one pass" });
  pair.target.server.locks.add("home/USERS");
  return pair;
}

async function looks(pair: Pair, most: number, onLook = () => {}) {
  const stop = new AbortController();
  const kinds: (readonly string[])[] = [];
  const answer = await watchDrain({
    schemas: [{ name: "identity", plan: planOfPair(pair), source: pair.source, target: pair.target }],
    wait: true,
    pollMs: 1,
    signal: stop.signal,
    onLook: (reasons) => {
      kinds.push(reasons.map(({ kind }) => kind));
      if (kinds.length === most) stop.abort();
      onLook();
    },
  });
  return { kinds, answer };
}

test("a dead letter alone ends it at the second look: nothing that comes mends it", async () => {
  const { kinds, answer } = await looks(await withLetter(), 9);
  expect(kinds).toEqual([["dead-letters"], ["dead-letters"]]);
  expect(answer.drained).toBe(false);
});

test("a dead letter beside changes that are on their way is waited with: they may make up for it", async () => {
  const pair = await withLetter();
  pair.write("USERS", "INSERT", { ID: "2", NAME: "two" });
  const { kinds } = await looks(pair, 5);
  expect(kinds.map((one) => [...one].sort())).toEqual(
    Array.from({ length: 5 }, () => ["dead-letters", "pending"]),
  );
});
