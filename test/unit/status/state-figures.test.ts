/** Figures of a status that come from what commands keep on the target: who works, what holds him back, what was set aside. */
import { describe, expect, test } from "vitest";
import { COPY_LETTER } from "../../../src/apply/dead-letter.ts";
import type { TableLock } from "../../../src/contract/dialect.ts";
import type { ResultRow } from "../../../src/db/database.ts";
import { createJournalReader } from "../../../src/journal/reader.ts";
import type { StateEntry } from "../../../src/state/state.ts";
import { STILL_SECONDS } from "../../../src/status/arrival.ts";
import { countDeadLetters, firstDeadLetters } from "../../../src/status/count-dead-letters.ts";
import { readJournal } from "../../../src/status/journal-snapshot.ts";
import { phaseOf } from "../../../src/status/phase.ts";
import { runnerFacts } from "../../../src/status/runner-facts.ts";
import { throttleIn } from "../../../src/status/throttle-in.ts";
import { verifiedIn, verifiedReasons } from "../../../src/status/verified.ts";
import { openPair, planOfPair, USERS } from "../../support/memory/pair.ts";

const NOW = Date.parse("2026-01-01T00:00:00.000Z");
const entry = (key: string, value: unknown, secondsAgo = 0): StateEntry => ({
  key,
  value,
  updatedAt: new Date(NOW - secondsAgo * 1_000).toISOString().replace("T", " ").replace("Z", ""),
});
const RUNNER = { host: "h", pid: 7, since: "then", perSecond: { USERS: 40 } };
const ERROR = { at: "now", code: "40001", reason: "a deadlock" };
const NOBODY = { runner: null, appliedPerSecond: null, lastError: null };

describe("who works on a group", () => {
  const facts = (value: unknown, secondsAgo = 0, table = "USERS") =>
    runnerFacts([entry("runner/G", value, secondsAgo)], table, "G", NOW);

  test("is told with what it applies, and with the failure that it tried again", () => {
    expect(facts({ ...RUNNER, lastError: ERROR }, 5)).toEqual({
      runner: { host: "h", pid: 7, since: "then", movedSecondsAgo: 5 },
      appliedPerSecond: 40,
      lastError: ERROR,
    });
    expect(facts(RUNNER)).toMatchObject({ lastError: null });
    // One that an older release wrote.
    expect(facts({ host: "h", pid: 7 })).toMatchObject({ runner: { since: null }, appliedPerSecond: null });
  });

  test("applies nothing of a table that it does not name, and nobody knows what once it stands still", () => {
    expect(facts(RUNNER, 0, "TOKENS").appliedPerSecond).toBe(0);
    expect(facts(RUNNER, STILL_SECONDS).appliedPerSecond).toBe(40);
    expect(facts(RUNNER, STILL_SECONDS + 1)).toMatchObject({ runner: { pid: 7 }, appliedPerSecond: null });
  });

  test("is nobody without an entry of the group, and where no clock tells how old it is", () => {
    expect(runnerFacts([entry("runner/OTHER", RUNNER)], "USERS", "G", NOW)).toEqual(NOBODY);
    expect(runnerFacts([entry("runner/G", RUNNER)], "USERS", "G", Number.NaN)).toEqual(NOBODY);
  });
});

describe("what holds a group back", () => {
  const held = { kind: "query", reason: "replicas lag", since: "then", host: "h", pid: 7 };
  const HELD = { kind: "query", reason: "replicas lag", since: "then" };
  const throttle = (entries: readonly StateEntry[], nowMs = NOW) => throttleIn(entries, "G", nowMs);

  test("is the operator's pause, whoever works", () => {
    const pause = entry("pause", { reason: "nightly jobs", since: "then", host: "desk" });
    const wanted = { kind: "pause", reason: "paused by desk: nightly jobs", since: "then" };
    expect(throttle([pause])).toEqual(wanted);
    expect(throttle([pause, entry("runner/G", RUNNER), entry("held", held)])).toEqual(wanted);
  });

  test("is what its own runner tells, while that moves", () => {
    const at = (secondsAgo: number) => [entry("runner/G", RUNNER, secondsAgo), entry("held", held)];
    expect([throttle(at(0)), throttle(at(STILL_SECONDS)), throttle(at(STILL_SECONDS + 1))]).toEqual([
      HELD,
      HELD,
      null,
    ]);
    expect(throttle(at(0), Number.NaN)).toBeNull();
  });

  test("is nothing without a runner, or when another one left the word behind", () => {
    expect(throttle([entry("held", held)])).toBeNull();
    expect(throttle([entry("runner/G", RUNNER)])).toBeNull();
    expect(throttle([entry("runner/G", RUNNER), entry("held", { ...held, pid: 8 })])).toBeNull();
  });
});

describe("dead letters", () => {
  const pair = openPair();
  /** As a server counts them: by table and code. */
  const side = (rows: readonly ResultRow[]) => ({
    dialect: {
      ...pair.target.dialect,
      introspector: {
        ...pair.target.dialect.introspector,
        objects: async () => [{ kind: "checkpoint" as const, name: "SYNC_DEAD_LETTERS" }],
      },
    },
    db: { ...pair.target.db, query: async () => [...rows] },
  });
  const row = (name: string, reported: string, letters: number, lowest: string | null): ResultRow => ({
    name,
    reported,
    letters,
    lowest,
  });

  test("are added up over the codes of a table, and the lowest position counts", async () => {
    const target = side([
      row("users", "A", 2, "30"),
      row("USERS", "B", 1, "7"),
      row("USERS", "C", 4, "9"),
      row("TOKENS", "A", 3, "5"),
    ]);
    expect(await countDeadLetters(target, pair.tables)).toEqual(
      new Map([
        ["USERS", { count: 7, byCode: { A: 2, B: 1, C: 4 }, first: 7n }],
        ["TOKENS", { count: 3, byCode: { A: 3 }, first: 5n }],
      ]),
    );
  });

  test("that only a copy was refused stand at no position", async () => {
    const target = side([
      row("USERS", "A", 1, null),
      row("USERS", "B", 1, "8"),
      row("USERS", "C", 1, null),
      row("TOKENS", "A", 2, null),
    ]);
    const counted = await countDeadLetters(target, pair.tables);
    expect([counted.get("USERS")?.first, counted.get("TOKENS")]).toEqual([
      8n,
      { count: 2, byCode: { A: 2 }, first: undefined },
    ]);
    expect(await firstDeadLetters(target, pair.tables)).toEqual(new Map([["USERS", 8n]]));
    expect(COPY_LETTER).toBe(0n);
  });
});

describe("the last comparison", () => {
  const NONE = { schema: "um", result: null, secondsAgo: null };

  test("is that of the schema alone, with a result and a time", () => {
    const other = entry("verify/identity", { result: "equal" });
    expect(verifiedIn([other], "um", NOW)).toEqual(NONE);
    expect(verifiedIn([other, entry("verify/um", { result: "different" }, 9)], "um", NOW)).toEqual({
      schema: "um",
      result: "different",
      secondsAgo: 9,
    });
    expect(verifiedIn([entry("verify/um", { result: 1 })], "um", NOW)).toEqual(NONE);
    expect(verifiedIn([entry("verify/um", { result: "equal" })], "um", Number.NaN)).toEqual(NONE);
    expect(verifiedReasons({ schema: "um", result: null, secondsAgo: null }, 60)).toMatchObject([
      { kind: "not-verified" },
    ]);
  });

  test("proves nothing where none was made, or one schema of two was not equal", () => {
    const phase = (...results: string[]) =>
      phaseOf({
        tables: [],
        safeToSwitch: true,
        target: "ready",
        verified: results.map((result) => ({ schema: "um", result, secondsAgo: 1 })),
      });
    expect([phase(), phase("equal", "different"), phase("equal", "equal")]).toEqual([
      "in step",
      "in step",
      "verified",
    ]);
  });
});

test("a journal that somebody has locked is not waited for: whoever has the lock may write to it", async () => {
  const pair = openPair({ schemas: [USERS] });
  pair.source.db.onStatement = () => {
    throw new Error("asked");
  };
  const holders = [{ holder: "5" }, { holder: "6" }] as unknown as TableLock["holders"];
  const table = pair.table("USERS");
  const look = (checkpoint: object | undefined) =>
    readJournal(
      { name: "identity", plan: planOfPair(pair), source: pair.source, target: pair.target },
      { table, journalId: "j", journalLacks: [], lock: { holders, isUnreadable: true } } as never,
      { checkpoint, passed: undefined } as never,
      createJournalReader(pair.source, table),
    );
  const status = { pending: null, writers: 2, holders, openHole: null, problems: [] };
  expect(await look({ position: 4n, journalId: "j" })).toMatchObject({
    applied: 4n,
    ends: undefined,
    status,
  });
  expect(await look(undefined)).toMatchObject({ applied: 0n });
});
