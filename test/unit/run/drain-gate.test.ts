/** When `drain --wait` waits on, and when it ends because no waiting helps. */
import { expect, test } from "vitest";
import { watchDrain } from "../../../src/run/drain-gate.ts";
import { MemoryError } from "../../support/memory/database.ts";
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

/** One answer, asked for once, with a runner at work or none. */
async function ask(pair: Pair, more: { readonly wait?: boolean; readonly pollMs?: number } = {}) {
  const looked: (readonly string[])[] = [];
  const answer = await watchDrain({
    schemas: [{ name: "identity", plan: planOfPair(pair), source: pair.source, target: pair.target }],
    wait: false,
    pollMs: 1,
    signal: new AbortController().signal,
    onLook: (reasons) => void looked.push(reasons.map(({ text }) => text)),
    ...more,
  });
  return { looked, answer };
}

test("tables without a change are drained after two looks, some time apart, and not before", async () => {
  const pair = openPair({ schemas: [USERS] });
  const began = performance.now();
  const { looked, answer } = await ask(pair, { pollMs: 30 });
  const tookMs = performance.now() - began;
  expect(looked).toEqual([[], []]);
  expect(answer).toMatchObject({ drained: true, reasons: [], open: [] });
  // A timer may end a moment early.
  expect(answer.seconds).toBeGreaterThan(0.02);
  expect(answer.seconds).toBeLessThanOrEqual(tookMs / 1000);
});

test("changes that nobody applies are told with the group that lacks a runner", async () => {
  const pair = openPair({ schemas: [USERS] });
  pair.write("USERS", "INSERT", { ID: "1", NAME: "one" });
  const { looked, answer } = await ask(pair);
  expect(answer.drained).toBe(false);
  expect(looked).toHaveLength(2);
  expect(answer.reasons.find(({ kind }) => kind === "no-runner")).toEqual({
    table: "USERS",
    kind: "no-runner",
    text: "USERS: no runner is at work on it",
  });
  // Whoever asks gives the lock back.
  expect([...pair.target.server.locks]).toEqual([]);
});

test("a server that does not answer ends the question at once for whoever does not wait", async () => {
  const pair = openPair({ schemas: [USERS] });
  pair.target.db.onStatement = () => {
    throw new MemoryError("connection");
  };
  await expect(ask(pair)).rejects.toMatchObject({ kind: "connection" });
});

test("what no waiting mends ends it, whoever waits", async () => {
  const pair = openPair({ schemas: [USERS] });
  pair.target.db.onStatement = () => {
    throw new MemoryError("auth");
  };
  await expect(ask(pair, { wait: true })).rejects.toMatchObject({ kind: "auth" });
});

test("whoever is told no is told of open transactions too", async () => {
  const pair = openPair({ schemas: [USERS] });
  pair.write("USERS", "INSERT", { ID: "1", NAME: "one" });
  Object.assign(pair.source.server, { described: [{ holder: "idle" }] });
  const { answer } = await ask(pair);
  expect(answer).toMatchObject({ drained: false, open: [{ holder: "idle" }] });
});

test("a group without a runner is told of when one of its tables is behind, and no other", async () => {
  const pair = openPair();
  pair.write("TOKENS", "INSERT", { ID: "1", USER_ID: "1", VALUE: "v" });
  const { answer } = await ask(pair);
  expect(answer.reasons.map(({ kind, table }) => `${kind} ${table}`).sort()).toEqual([
    "no-runner USERS",
    "pending TOKENS",
  ]);
});
