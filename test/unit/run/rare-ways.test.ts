/** Ways of a change that few changes take: late ones, those of a side that no longer serves, those under other keys. */
import { describe, expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import { parsePassed, passedText } from "../../../src/journal/passed-holes.ts";
import type { Batch, JournalReader } from "../../../src/journal/reader.ts";
import { createBringBack } from "../../../src/run/bring-back.ts";
import { holdGroups } from "../../../src/run/hold-groups.ts";
import { inAttempts } from "../../../src/run/in-attempts.ts";
import { createLateGuard } from "../../../src/run/late-guard.ts";
import { createPulse, PULSE_MS } from "../../../src/run/pulse.ts";
import { markedReader, resolvedReader } from "../../../src/run/resolved-reader.ts";
import { prepareShortWrite } from "../../../src/run/short-write.ts";
import { runnerIn } from "../../../src/state/runner.ts";
import { readState, stateTable } from "../../../src/state/state.ts";
import { MemoryError } from "../../support/memory/database.ts";
import { openPair, type Pair, PLAIN_ROWS, run, USERS } from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });

describe("where nobody proves that a position is dead", () => {
  const unproven = () => openPair({ schemas: [USERS], onSource: { capabilities: { provesHoles: false } } });
  const passed = (pair: Pair) =>
    pair
      .rows("target", "SYNC_STATE")
      .flatMap(({ NAME, VALUE }) =>
        NAME === "passed/USERS" ? parsePassed(JSON.parse(String(VALUE))).flatMap(({ holes }) => holes) : [],
      );

  test("each hole that is passed is kept, and a change that appears there is applied and told", async () => {
    const pair = unproven();
    for (const at of [1n, 3n, 6n]) pair.write("USERS", "INSERT", user(String(at)), at);
    await run(pair);
    expect(passed(pair)).toEqual([
      { first: 2n, last: 2n },
      { first: 4n, last: 5n },
    ]);
    pair.write("USERS", "INSERT", user("4"), 4n);
    const { told } = await run(pair);
    expect(told.filter(([name]) => name === "lateChange")).toEqual([["lateChange", "USERS", 4n]]);
    expect(pair.rows("target", "USERS").map(({ ID }) => ID)).toEqual(["1", "3", "6", "4"]);
    expect(passed(pair)).toEqual([
      { first: 2n, last: 2n },
      { first: 5n, last: 5n },
    ]);
  });

  test("a late change of a row that was changed later is passed, and a refused one is set aside", async () => {
    const pair = unproven();
    pair.write("USERS", "INSERT", user("1", "new"), 2n);
    pair.write("USERS", "INSERT", user("2"), 5n);
    await run(pair);
    pair.write("USERS", "UPDATE", user("1", "old"), 1n);
    pair.write("USERS", "INSERT", user("3", "poison"), 4n);
    const { told } = await run(pair);
    expect(pair.rows("target", "USERS")).toEqual([user("1", "new"), user("2")]);
    expect(told.filter(([name]) => name === "lateChange")).toHaveLength(2);
    expect(pair.letters()).toMatchObject([{ SYNC_ID: "4" }]);
    expect(passed(pair)).toEqual([{ first: 3n, last: 3n }]);
  });

  test("of a range it is only known that one has come: that is a gap", async () => {
    const pair = unproven();
    pair.write("USERS", "INSERT", user("1"), 20n);
    await run(pair);
    const range = passedText([
      { since: 60 * Math.floor(Date.now() / 60_000), holes: [{ first: 3n, last: 9n, missing: 7n }] },
    ]);
    pair.target.db.tables.set("SYNC_STATE", [
      { NAME: "passed/USERS", VALUE: JSON.stringify(range), UPDATED_AT: "" },
    ]);
    await run(pair);
    expect(passed(pair)).toHaveLength(1);
    pair.write("USERS", "INSERT", user("2"), 5n);
    await run(pair);
    const gap = pair.rows("target", "SYNC_STATE").find(({ NAME }) => NAME === "gap/USERS");
    expect(String(gap?.["VALUE"])).toContain("a change appeared late between positions 3 and 9");
    expect(passed(pair)).toEqual([]);
  });
});

describe("late writes of the side that no longer serves", () => {
  const guarded = () => {
    const pair = openPair({ schemas: [USERS] });
    const state = stateTable(pair.target.dialect, pair.tables);
    const back: unknown[] = [];
    const guard = createLateGuard({
      from: "blue",
      blue: { db: pair.target.db, state },
      dialect: pair.source.dialect,
      otherTables: pair.tables,
      tables: pair.tables,
      table: pair.table("USERS"),
      bringBack: async (keys) => {
        back.push(...keys);
        return [];
      },
    });
    return { pair, guard, back };
  };
  const change = (id: string): Change => ({ position: 1n, action: "UPDATE", row: user(id) });
  const serving = (pair: Pair, side: string, head: number) =>
    pair.target.db.tables.set("SYNC_STATE", [
      { NAME: "serving", VALUE: JSON.stringify({ side, since: "", host: "" }), UPDATED_AT: "" },
      { NAME: "serving-head/USERS", VALUE: JSON.stringify({ position: head }), UPDATED_AT: "" },
    ]);

  test("are refused where users have written the row since the switch, and theirs are brought back once", async () => {
    const { pair, guard, back } = guarded();
    pair.write("USERS", "UPDATE", user("1"));
    pair.write("USERS", "UPDATE", user("2"));
    serving(pair, "green", 1);
    await guard.refuseOvertaken(pair.source.db, [change("1"), change("3")]);
    await expect(guard.refuseOvertaken(pair.source.db, [change("1"), change("2")])).rejects.toMatchObject({
      code: "SYNC_OVERTAKEN",
      reason: expect.stringContaining("users whom green serves"),
    });
    await guard.settle();
    await guard.settle();
    expect(back).toEqual([["2"]]);
  });

  test("pass while their own side serves, by default blue", async () => {
    const { pair, guard } = guarded();
    pair.write("USERS", "UPDATE", user("1"));
    await guard.refuseOvertaken(pair.source.db, [change("1")]);
    serving(pair, "blue", 0);
    await guard.refuseOvertaken(pair.source.db, [change("1")]);
  });

  test("give way to what the serving side holds: written over, or deleted where it has no such row", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.source.db.tables.set("USERS", [user("1", "theirs")]);
    pair.target.db.tables.set("USERS", [user("1", "late"), user("2", "late"), user("3", "other")]);
    const bring = createBringBack({
      from: pair.source,
      to: pair.target,
      table: pair.table("USERS"),
      rows: PLAIN_ROWS,
    });
    await bring([["1"], ["2"]]);
    expect(pair.rows("target", "USERS")).toEqual([user("1", "theirs"), user("3", "other")]);
    await bring([]);
  });
});

describe("keys that the target has otherwise", () => {
  const batch = (changes: readonly Change[]): Batch => ({
    changes,
    end: { position: 9n, digest: "" },
    full: false,
  });
  const made = (position: number, id: string): Change => ({
    position: BigInt(position),
    action: "UPDATE",
    row: user(id),
  });

  test("stay for a row what they were for a change of it that is not applied yet", async () => {
    const reads = [
      batch([made(1, "a"), made(2, "b")]),
      batch([made(3, "a")]),
      batch([made(4, "a"), made(5, "b")]),
    ];
    let wasReset = false;
    const reader = {
      read: async () => reads.shift(),
      at: async () => [made(1, "a")],
      reset: () => {
        wasReset = true;
      },
    } as unknown as JournalReader;
    let applied = 0n;
    let round = 0;
    const resolve = async (changes: readonly Change[]): Promise<readonly Change[]> => {
      round += 1;
      return changes.map((one) => ({ ...one, key: { ID: `${one.row["ID"]}${round}` } }));
    };
    const resolved = resolvedReader(
      reader,
      openPair({ schemas: [USERS] }).table("USERS"),
      resolve,
      () => applied,
    );
    const keys = async () =>
      (await resolved.read({ position: 0n, digest: "" }, 9)).changes.map(({ key }) => key?.["ID"]);
    expect(await keys()).toEqual(["a1", "b1"]);
    expect(await keys()).toEqual(["a1"]);
    applied = 3n;
    expect(await keys()).toEqual(["a3", "b3"]);
    expect((await resolved.at([1n]))[0]?.key).toEqual({ ID: "a4" });
    resolved.reset();
    expect(wasReset).toBe(true);
  });

  test("are no matter of tables that have the source's, nor marks of those without any", async () => {
    const reader = {
      read: async () => batch([made(1, "a")]),
      at: async () => [made(1, "a")],
    } as unknown as JournalReader;
    const table = openPair({ schemas: [USERS] }).table("USERS");
    expect(resolvedReader(reader, table, undefined, () => 0n)).toBe(reader);
    expect(markedReader(reader, undefined)).toBe(reader);
    const marked = markedReader(reader, async (all) =>
      all.map((one) => ({ ...one, leftOut: true as const })),
    );
    expect((await marked.read({ position: 0n, digest: "" }, 1)).changes[0]?.leftOut).toBe(true);
    expect((await marked.at([1n]))[0]?.leftOut).toBe(true);
  });
});

describe("a transaction", () => {
  const attempts = (errors: readonly unknown[], signal = new AbortController().signal) => {
    const left = [...errors];
    const { dialect } = openPair().target;
    return inAttempts({ dialect, table: "T", what: "T failed", signal }, async () => {
      if (left.length > 0) throw left.shift();
      return "done";
    });
  };

  test("is done again when what failed passes, thrown when the target refuses, told when it does not pass", async () => {
    expect(await attempts([new MemoryError("transient")])).toBe("done");
    const refusal = new MemoryError("unique");
    await expect(attempts([refusal])).rejects.toBe(refusal);
    await expect(attempts([new MemoryError("schema")])).rejects.toMatchObject({ code: "SCHEMA_CHANGED" });
  });

  test("is not done again once the command was stopped", async () => {
    const stop = new AbortController();
    stop.abort();
    const lost = new MemoryError("connection");
    await expect(attempts([lost], stop.signal)).rejects.toBe(lost);
  });
});

describe("the pulse of a runner", () => {
  test("is told when it begins and every ten seconds, and is gone when it ends", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.target.db.tables.set("SYNC_STATE", [{ NAME: "stopped/G", VALUE: "{}", UPDATED_AT: "" }]);
    let now = 0;
    let writes = 0;
    pair.target.db.onStatement = () => {
      writes += 1;
    };
    const pulse = createPulse(
      { target: pair.target, state: stateTable(pair.target.dialect, pair.tables), group: "G", wayBack: true },
      () => now,
    );
    const names = () => pair.rows("target", "SYNC_STATE").map(({ NAME }) => NAME);
    await pulse.begin();
    expect(names()).toEqual(["runner/G"]);
    expect(JSON.parse(String(pair.rows("target", "SYNC_STATE")[0]?.["VALUE"]))).toMatchObject({
      wayBack: true,
    });
    const before = writes;
    // The first time soon: no rate is known before.
    now = 2_000;
    pulse.beat();
    now = PULSE_MS;
    pulse.beat();
    await new Promise((resolve) => setImmediate(resolve));
    expect(writes).toBe(before + 1);
    now = 2_000 + PULSE_MS;
    pulse.beat();
    pulse.beat();
    await pulse.end();
    expect([names(), writes]).toEqual([[], before + 3]);
  });

  test("tells how much was applied a second since it last did, and what has failed", async () => {
    const pair = openPair({ schemas: [USERS] });
    const state = stateTable(pair.target.dialect, pair.tables);
    let now = 0;
    const pulse = createPulse({ target: pair.target, state, group: "G" }, () => now);
    const told = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return runnerIn(await readState(pair.target.db, state), "G");
    };
    await pulse.begin();
    expect((await told())?.lastError).toBeUndefined();
    pulse.applied("T", 300);
    now = 3_000;
    pulse.beat();
    expect(await told()).toMatchObject({ perSecond: { T: 100 } });
    pulse.failed(`source PostgreSQL: ${"x".repeat(9_000)}`, "08006");
    await pulse.begin();
    const { lastError } = (await told()) ?? {};
    expect(lastError).toMatchObject({
      code: "08006",
      reason: expect.stringMatching(/^source PostgreSQL: x+$/),
    });
    expect(lastError?.reason.length).toBeLessThan(400);
    pulse.applied("T", 50);
    now = 8_000;
    pulse.beat();
    expect(await told()).toMatchObject({ perSecond: { T: 10 }, lastError: { code: "08006" } });
  });

  test("disturbs no run when the target cannot take it", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.target.db.tables.delete("SYNC_STATE");
    const pulse = createPulse({
      target: pair.target,
      state: stateTable(pair.target.dialect, pair.tables),
      group: "G",
    });
    await pulse.begin();
    await pulse.end();
  });
});

test("the place of a runner is taken in every group or in none", async () => {
  const pair = openPair();
  const plan = {
    groups: [
      { name: "A", tables: [] },
      { name: "B", tables: [] },
    ],
  } as never;
  const hold = await holdGroups(pair.target, plan);
  expect([...pair.target.server.locks]).toEqual(["home/A", "home/B"]);
  await expect(holdGroups(pair.target, plan)).rejects.toMatchObject({ code: "RUNNER_ACTIVE" });
  await hold.release();
  pair.target.server.locks.add("home/B");
  await expect(holdGroups(pair.target, plan)).rejects.toMatchObject({
    message: expect.stringContaining("B"),
  });
  expect([...pair.target.server.locks]).toEqual(["home/B"]);
});

test("where no runner has ever been, and no table of locks is, every place is free", async () => {
  const pair = openPair();
  const plan = { groups: [{ name: "A", tables: [] }] } as never;
  const without = (kind: ConstructorParameters<typeof MemoryError>[0]) =>
    Object.assign(pair.target.dialect, {
      openLocks: async () => {
        throw new MemoryError(kind);
      },
    });
  without("schema");
  await (await holdGroups(pair.target, plan)).release();
  without("auth");
  await expect(holdGroups(pair.target, plan)).rejects.toThrow(MemoryError);
});

describe("the short way of writing", () => {
  const table = openPair({ schemas: [USERS] }).table("USERS");
  const change = (action: Change["action"]): Change => ({ position: 1n, action, row: user("1") });
  const segment = (more: object = {}) => ({
    deletes: [],
    upserts: [change("UPDATE")],
    inserts: new Set<Change>(),
    replaced: [],
    ...more,
  });
  const asked: unknown[] = [];
  const dialect = {
    prepareWrite: async (_: unknown, rows: unknown, __: unknown, areNew: boolean) => {
      asked.push([rows, areNew]);
      return async () => true;
    },
  } as never;
  const may = async (
    segments: readonly object[],
    policy: "keep-target" | "dead-letter" = "dead-letter",
    on = table,
  ) => (await prepareShortWrite(dialect, on, segments as never, ({ row }) => row, [], policy)) !== undefined;

  test("is for new images alone, in one segment, that write no other rows", async () => {
    const insert = change("INSERT");
    expect(await may([segment()])).toBe(true);
    expect(await may([segment({ upserts: [insert], inserts: new Set([insert]) })])).toBe(true);
    expect(asked).toEqual([
      [[user("1")], false],
      [[user("1")], true],
    ]);
    expect(await may([])).toBe(false);
    expect(await may([segment(), segment()])).toBe(false);
    expect(await may([segment({ deletes: [change("DELETE")] })])).toBe(false);
    expect(await may([segment({ replaced: [change("RESPELLED")] })])).toBe(false);
    expect(await may([segment()], "dead-letter", { ...table, holdsClaims: true })).toBe(false);
    expect(await may([segment({ inserts: new Set([insert]) })], "keep-target")).toBe(false);
    expect(await may([segment()], "keep-target")).toBe(true);
  });
});
