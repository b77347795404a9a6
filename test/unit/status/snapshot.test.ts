/** Where a table is said to stand, by what both databases hold. */
import { describe, expect, test } from "vitest";
import { withOrigin } from "../../../src/contract/origin.ts";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import { passedText } from "../../../src/journal/passed-holes.ts";
import { watchDrain } from "../../../src/run/drain-gate.ts";
import { countDeadLetters, firstDeadLetters } from "../../../src/status/count-dead-letters.ts";
import { findPurgeable } from "../../../src/status/purgeable.ts";
import { openSnapshots } from "../../../src/status/snapshot.ts";
import { readStatus } from "../../../src/status/status.ts";
import type { StatusRequest } from "../../../src/status/table-status.ts";
import { readVerified, verifiedReasons } from "../../../src/status/verified.ts";
import { MemoryError, statement } from "../../support/memory/database.ts";
import {
  column,
  openPair,
  type Pair,
  type PairOptions,
  planOfPair,
  reference,
  run,
  schema,
  USERS,
} from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });

const requestOf = (pair: Pair): StatusRequest => ({
  name: "identity",
  plan: planOfPair(pair),
  source: pair.source,
  target: pair.target,
});

async function statusOf(pair: Pair) {
  const report = await readStatus([requestOf(pair)]);
  return { ...report, users: report.tables.find(({ table }) => table === "USERS") };
}

/** Two users, both applied. */
async function applied(options: PairOptions = { schemas: [USERS] }): Promise<Pair> {
  const pair = openPair(options);
  pair.write("USERS", "INSERT", user("1"));
  pair.write("USERS", "INSERT", user("2"));
  await run(pair);
  return pair;
}

const note = (pair: Pair, key: string, value: unknown, at = "2025-12-31 23:59:00.000"): void =>
  void pair.target.db.tables
    .get("SYNC_STATE")
    ?.push({ NAME: key, VALUE: JSON.stringify(value), UPDATED_AT: at });

describe("the status of a table", () => {
  test("that has everything is safe, with every figure", async () => {
    expect(await statusOf(await applied())).toMatchObject({
      safeToSwitch: true,
      reasons: [],
      users: {
        schema: "identity",
        captured: true,
        pending: 0,
        pendingIsEstimate: false,
        lagSeconds: 0,
        checkpoint: "2",
        openHole: null,
        writers: 0,
        holders: [],
        runner: null,
        stopped: null,
        deadLetters: 0,
        dropped: 0,
        gap: null,
        drift: [],
        problems: [],
      },
    });
  });

  test("with changes behind the checkpoint tells how many, and how old the oldest is", async () => {
    const pair = await applied();
    for (const id of ["3", "4"]) pair.write("USERS", "INSERT", user(id));
    for (const row of pair.source.db.tables.get("USERS_S") ?? []) row["AGE"] = 10 - Number(row["SYNC_ID"]);
    const { users, reasons, safeToSwitch } = await statusOf(pair);
    expect(users).toMatchObject({ pending: 2, lagSeconds: 7, pendingIsEstimate: false });
    expect([safeToSwitch, reasons]).toEqual([false, ["USERS: 2 changes are pending"]]);
  });

  test("with more than a hundred thousand tells about how many, by the positions", async () => {
    const pair = await applied();
    pair.write("USERS", "INSERT", user("3"), 200_003n);
    // As if each second position held a row.
    Object.assign(pair.source.dialect.sql, { countChanges: () => statement(() => [{ n: 100_001 }]) });
    const { users, reasons } = await statusOf(pair);
    expect(users).toMatchObject({ pending: 200_001, pendingIsEstimate: true });
    expect(reasons[0]).toBe("USERS: about 200,001 changes are pending");
  });

  test("names an open hole, its holders, and who writes behind the last position", async () => {
    const pair = await applied();
    pair.write("USERS", "INSERT", user("5"), 5n);
    Object.assign(pair.source.server, { holders: ["t"], described: [{ holder: "t", user: "app" }] });
    expect((await statusOf(pair)).users).toMatchObject({
      openHole: { first: "3", last: "4" },
      writers: 1,
      holders: [{ holder: "t", user: "app" }],
    });
    const behind = await applied();
    Object.assign(behind.source.server, { holders: ["t"] });
    const { users, reasons } = await statusOf(behind);
    expect(users).toMatchObject({ openHole: { first: "3", last: "3" }, pending: 0 });
    expect(reasons).toEqual([
      "USERS: a transaction on the source has not ended: position 3 may still appear",
    ]);
  });

  test("waits once for a hole that only time can judge", async () => {
    const pair = await applied({ schemas: [USERS], onSource: { capabilities: { minHoleAgeMs: 30 } } });
    Object.assign(pair.source.server, { drawn: () => 9n });
    expect(await statusOf(pair)).toMatchObject({ safeToSwitch: true });
  });

  test("is given at once where nothing is open, however long a hole would have to be looked at", async () => {
    const onSource = { capabilities: { minHoleAgeMs: 3_600_000 }, drawn: () => 2n };
    const pair = await applied({ schemas: [USERS], onSource });
    expect(await statusOf(pair)).toMatchObject({ safeToSwitch: true });
  });

  test("of a journal of an older shape is counted without being read, and an unreadable one says why", async () => {
    const pair = await applied();
    pair.write("USERS", "INSERT", user("3"));
    pair.source.server.journalLacks = ["NAME"];
    expect((await statusOf(pair)).users).toMatchObject({
      captured: false,
      pending: 1,
      lagSeconds: null,
      openHole: null,
      problems: [],
    });
    pair.source.server.journalLacks = [];
    pair.source.server.faults = ["row-level security hides its rows"];
    let statements = 0;
    pair.source.db.onStatement = () => {
      if (++statements > 1) throw new MemoryError("auth");
    };
    expect((await statusOf(pair)).users).toMatchObject({
      pending: null,
      drift: ["row-level security hides its rows"],
      problems: ["The journal cannot be read: refused: auth"],
    });
  });

  test("counts a change that appeared late in a hole that was passed", async () => {
    const pair = await applied();
    pair.write("USERS", "INSERT", user("0"), 1n);
    pair.source.db.tables.set("USERS_S", (pair.source.db.tables.get("USERS_S") ?? []).slice(-2));
    note(pair, "passed/USERS", passedText([{ since: 60, holes: [{ first: 1n, last: 1n }] }]));
    expect((await statusOf(pair)).users).toMatchObject({ pending: 1 });
  });

  test("shows dead letters and drops, each table's own", async () => {
    const pair = await applied();
    pair.write("USERS", "INSERT", user("3", "poison"));
    await run(pair);
    note(pair, "dropped/USERS", { changes: 4, position: "1" });
    const { users, reasons } = await statusOf(pair);
    expect(users).toMatchObject({ deadLetters: 1, dropped: 4 });
    expect(reasons).toEqual(["USERS: 1 dead letters"]);
    const counted = await countDeadLetters(pair.target, pair.tables);
    const { count, byCode, first } = counted.get("USERS") ?? {};
    expect([counted.size, count, Object.values(byCode ?? {}), first]).toEqual([1, 1, [1], 3n]);
    expect(await firstDeadLetters(pair.target, pair.tables)).toEqual(new Map([["USERS", 3n]]));
    pair.target.db.tables.delete("SYNC_DEAD_LETTERS");
    expect(await countDeadLetters(pair.target, pair.tables)).toEqual(new Map());
  });

  test("tells of capture that is gone, switched off, another's or touched since it was seen", async () => {
    const pair = await applied();
    const { triggers } = pair.source.server;
    note(pair, "seen/USERS", { journal: "j", stamps: { "TRIGGER USERS_IT": "0" }, at: "then" });
    const gap = (await statusOf(pair)).users?.gap;
    expect(gap).toMatch(
      /^changes may be missing since then: trigger users_it was made anew, changed or switched since then/,
    );
    triggers.set("USERS_IT", { body: "ours", stamp: "1", enabled: false });
    expect((await statusOf(pair)).users).toMatchObject({
      captured: false,
      drift: ["trigger USERS_IT is disabled"],
    });
    triggers.delete("USERS_IT");
    const { users, reasons } = await statusOf(pair);
    expect(users).toMatchObject({ captured: false, drift: ["trigger USERS_IT is missing"] });
    expect(reasons).toContain("USERS: changes are not captured (trigger USERS_IT is missing)");
  });

  test("without a checkpoint, or with another journal's, counts from the beginning and says why", async () => {
    const pair = await applied();
    Object.assign(pair.rows("target", "USERS_SV")[0] ?? {}, { JOURNAL_ID: "old" });
    expect((await statusOf(pair)).users).toMatchObject({
      pending: 2,
      problems: ["The checkpoint belongs to another journal"],
    });
    note(pair, "seen/USERS", { journal: "j", stamps: { "TRIGGER USERS_IT": "0" }, at: "then" });
    pair.target.db.tables.delete("USERS_SV");
    const { users, reasons } = await statusOf(pair);
    expect(users).toMatchObject({ checkpoint: null, pending: 2, gap: null });
    expect(reasons).toContain("USERS: the target has no checkpoint, nothing was applied yet");
  });

  test("whose journal ends before the checkpoint says so instead of failing", async () => {
    const pair = await applied();
    Object.assign(pair.rows("target", "USERS_SV")[0] ?? {}, { SYNC_ID: "7", DIGEST: "d" });
    const { users } = await statusOf(pair);
    expect(users?.problems).toEqual([expect.stringMatching(/^the journal ends before the checkpoint/)]);
  });

  test("without a journal has nothing pending that could be counted", async () => {
    const pair = await applied();
    pair.source.db.tables.delete("USERS_S");
    expect((await statusOf(pair)).users).toMatchObject({
      captured: false,
      pending: null,
      lagSeconds: null,
      problems: [],
    });
  });

  test("whose journal may not be read fails, unless what was done to the journal tells why", async () => {
    const pair = await applied();
    pair.source.db.onStatement = () => {
      throw new MemoryError("auth");
    };
    await expect(statusOf(pair)).rejects.toThrow(MemoryError);
  });

  test("shows who works on its group, by the target's clock, and why that stopped", async () => {
    const pair = await applied();
    note(pair, "runner/USERS", { host: "h", pid: 7 }, "2025-12-31 23:59:00.000");
    note(pair, "stopped/USERS", { since: "then", code: "SCHEMA_CHANGED", why: "so" });
    pair.write("USERS", "INSERT", user("3"));
    const { users, reasons } = await statusOf(pair);
    expect(users).toMatchObject({
      runner: { host: "h", pid: 7, movedSecondsAgo: 60 },
      stopped: { since: "then", code: "SCHEMA_CHANGED", why: "so" },
    });
    expect(reasons).toContain("USERS: its runner (process 7 on h) has not moved for 60 s");
    expect(reasons).toContain("USERS: its run stopped for good at then: so [SCHEMA_CHANGED]");
  });

  test("whose copy is not finished says how far it is", async () => {
    const pair = await applied();
    note(pair, "copy/USERS", { rows: 10, written: 4, isDone: false });
    expect((await statusOf(pair)).reasons).toEqual([
      "USERS: its copy is not finished: 10 rows read, 4 written; `sync-tool copy` goes on with it",
    ]);
    note(pair, "copy/USERS", { rows: 10, written: 4, isDone: true });
    pair.target.db.tables.get("SYNC_STATE")?.splice(-2, 1);
    expect((await statusOf(pair)).safeToSwitch).toBe(true);
  });
});

describe("what a table waits for", () => {
  const waits = async (pair: Pair) =>
    (await readStatus([requestOf(pair)])).tables.map(({ table, waitsFor }) => [table, ...waitsFor].join(" "));
  const token = { ID: "a", USER_ID: "1", VALUE: "v" };

  test("is its parents, when both are behind", async () => {
    const pair = openPair();
    pair.write("USERS", "INSERT", user("1"));
    pair.write("TOKENS", "INSERT", token);
    expect(await waits(pair)).toEqual(["USERS", "TOKENS USERS"]);
  });

  test("is nothing, when one of them has all", async () => {
    const child = openPair();
    child.write("TOKENS", "INSERT", token);
    expect(await waits(child)).toEqual(["USERS", "TOKENS"]);
    const parent = openPair();
    parent.write("USERS", "INSERT", user("1"));
    expect(await waits(parent)).toEqual(["USERS", "TOKENS"]);
  });

  test("is never itself", async () => {
    const folders = schema("FOLDERS", [column("ID"), column("PARENT")], {
      foreignKeys: [reference("PARENT", "FOLDERS", "restrict")],
    });
    const pair = openPair({ schemas: [folders] });
    pair.write("FOLDERS", "INSERT", { ID: "1", PARENT: null });
    expect(await waits(pair)).toEqual(["FOLDERS"]);
  });
});

describe("a target", () => {
  const shapeOf = async (plan: (table: TablePlan) => TablePlan) =>
    (await openSnapshots([requestOf(openPair({ plan }))]).take()).target;

  test("is ready unless one of its tables waits to be restored", async () => {
    expect(await shapeOf((table) => table)).toBe("ready");
    expect(
      await shapeOf((table) => (table.name === "TOKENS" ? { ...table, awaitsRestore: true } : table)),
    ).toBe("unrestored");
  });
});

test("whose transaction it is that may still write is not asked where none is open", async () => {
  const pair = await applied();
  let asked = 0;
  const { horizon } = pair.source.dialect;
  Object.assign(pair.source.dialect, {
    horizon: new Proxy(horizon, {
      get: (own, name) => {
        if (name === "describe") asked += 1;
        return Reflect.get(own, name);
      },
    }),
  });
  await statusOf(pair);
  expect(asked).toBe(0);
});

describe("a journal may be purged", () => {
  const upTo = async (pair: Pair) =>
    (await findPurgeable(pair.target, pair.tables, pair.table("USERS")))?.upTo;

  test("up to the checkpoint, but not as far as a dead letter or a hole that is still watched", async () => {
    const pair = await applied();
    expect(await upTo(pair)).toBe(2n);
    pair.write("USERS", "INSERT", user("3", "poison"));
    pair.write("USERS", "INSERT", user("4"));
    await run(pair);
    expect(await upTo(pair)).toBe(2n);
    note(pair, "passed/USERS", passedText([{ since: 60, holes: [{ first: 2n, last: 2n }] }]));
    expect(await upTo(pair)).toBe(1n);
  });

  test("not at all before it was begun", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.target.db.tables.set("USERS_SV", []);
    expect(await findPurgeable(pair.target, pair.tables, pair.table("USERS"))).toBeUndefined();
  });
});

describe("the last verify", () => {
  test("is told with its age, and is a reason unless it is fresh and found both sides equal", async () => {
    const pair = await applied();
    const verified = async () => (await readVerified([requestOf(pair)]))[0];
    const reasons = async (within: number) => {
      const found = await verified();
      return found === undefined ? [] : verifiedReasons(found, within).map(({ text }) => text);
    };
    expect(await verified()).toEqual({ schema: "identity", result: null, secondsAgo: null });
    expect(await reasons(60)).toEqual(["identity: no verify has come to its end"]);
    note(pair, "verify/identity", { result: "equal" }, "2025-12-31 23:59:30.000");
    expect(await verified()).toEqual({ schema: "identity", result: "equal", secondsAgo: 30 });
    expect([await reasons(30), await reasons(29)]).toEqual([
      [],
      ["identity: the last verify ended 30 s ago, 29 s are allowed"],
    ]);
    Object.assign(pair.target.db.tables.get("SYNC_STATE")?.at(-1) ?? {}, { VALUE: '{"result":"different"}' });
    expect(await reasons(60)).toEqual(["identity: the last verify found: different"]);
  });
});

describe("the gate", () => {
  const drain = (pair: Pair, more: Partial<Parameters<typeof watchDrain>[0]> = {}) =>
    watchDrain({
      schemas: [requestOf(pair)],
      wait: false,
      pollMs: 1,
      signal: new AbortController().signal,
      ...more,
    });

  test("says yes after two looks that find everything arrived, and names open transactions", async () => {
    const pair = await applied();
    Object.assign(pair.source.server, { described: [{ holder: "idle" }] });
    const looks: unknown[] = [];
    const answer = await drain(pair, { onLook: (reasons) => void looks.push(reasons) });
    expect(answer).toMatchObject({ drained: true, reasons: [], open: [{ holder: "idle" }] });
    expect(answer.tables).toMatchObject([{ schema: "identity", table: "USERS", pending: 0, deadLetters: 0 }]);
    expect(looks).toEqual([[], []]);
  });

  test("says no to what is pending, and that nobody works on it", async () => {
    const pair = await applied();
    pair.write("USERS", "INSERT", user("3"));
    const { drained, reasons } = await drain(pair);
    expect([drained, reasons.map(({ text }) => text)]).toEqual([
      false,
      ["USERS: 1 changes are pending", "USERS: no runner is at work on it"],
    ]);
    pair.target.server.locks.add("home/USERS");
    expect((await drain(pair)).reasons.map(({ kind }) => kind)).toEqual(["pending"]);
  });

  test("waits until everything has arrived, or until its time is over", async () => {
    const pair = await applied();
    pair.write("USERS", "INSERT", user("3"));
    let running: Promise<unknown> | undefined;
    const onLook = (): void => {
      running ??= run(pair);
    };
    expect(await drain(pair, { wait: true, onLook })).toMatchObject({ drained: true });
    await running;
    pair.write("USERS", "INSERT", user("4"));
    const deadline = new AbortController();
    let looks = 0;
    const answer = await drain(pair, {
      wait: true,
      deadline: deadline.signal,
      onLook: () => void (++looks === 5 && deadline.abort()),
    });
    expect([answer.drained, looks]).toEqual([false, 5]);
  });

  test("waits for a server that has gone, and says yes only to what two looks find when it is back", async () => {
    const pair = await applied();
    const request = { ...requestOf(pair), source: withOrigin("source", pair.source) };
    let failures = 0;
    const seen: string[][] = [];
    const onLook = (reasons: readonly { readonly text: string }[]): void => {
      seen.push(reasons.map(({ text }) => text));
      pair.source.db.onStatement =
        seen.length > 3
          ? undefined
          : () => {
              failures += 1;
              throw new MemoryError("connection");
            };
    };
    expect(await drain(pair, { schemas: [request], wait: true, onLook })).toMatchObject({ drained: true });
    const gone = ["no answer: source Memory: refused: connection [connection]"];
    expect(seen).toEqual([[], gone, gone, gone, [], []]);
    expect(failures).toBeGreaterThan(2);
    pair.source.db.onStatement = () => {
      throw new MemoryError("connection");
    };
    const whoever = { schemas: [request], onLook: () => undefined };
    await expect(drain(pair, whoever)).rejects.toThrow("connection");
    const deadline = AbortSignal.abort();
    expect(await drain(pair, { ...whoever, wait: true, deadline })).toMatchObject({
      drained: false,
      reasons: [{ kind: "no-answer" }],
      open: [],
    });
  });

  test("does not wait where no waiting helps", async () => {
    const pair = await applied();
    pair.write("USERS", "INSERT", user("3", "poison"));
    await run(pair);
    expect(await drain(pair, { wait: true })).toMatchObject({
      drained: false,
      reasons: [{ kind: "dead-letters" }],
    });
  });

  test("without waiting still judges what only time can decide", async () => {
    const pair = await applied({ schemas: [USERS], onSource: { capabilities: { minHoleAgeMs: 60 } } });
    Object.assign(pair.source.server, { drawn: () => 9n });
    expect(await drain(pair)).toMatchObject({ drained: true });
  });

  test("is content with tables that are measured to be close behind", async () => {
    const pair = await applied();
    pair.write("USERS", "INSERT", user("3"));
    for (const row of pair.source.db.tables.get("USERS_S") ?? []) row["AGE"] = 4;
    expect((await drain(pair, { maxLagSeconds: 3 })).drained).toBe(false);
    pair.target.server.locks.add("home/USERS");
    expect((await drain(pair, { maxLagSeconds: 5 })).drained).toBe(true);
  });
});
