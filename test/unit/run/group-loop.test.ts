import { expect, test } from "vitest";
import { MemoryError } from "../../support/memory/database.ts";
import { openPair, type Pair, run, type Told } from "../../support/memory/pair.ts";

const named = (told: readonly Told[], ...names: readonly string[]): readonly Told[] =>
  told.filter(([name]) => names.includes(name));

const user = (id: string, name = id) => ({ ID: id, NAME: name });
const token = (id: string, userId: string, value = id) => ({ ID: id, USER_ID: userId, VALUE: value });

function filled(): Pair {
  const pair = openPair();
  pair.write("USERS", "INSERT", user("1"));
  pair.write("TOKENS", "INSERT", token("a", "1"));
  pair.write("TOKENS", "UPDATE", token("a", "1", "b"));
  return pair;
}

test("what stands in the journals is on the target, parents first, and the checkpoints stand at its end", async () => {
  const pair = filled();
  const { error, told } = await run(pair);
  expect(error).toBeUndefined();
  expect(pair.rows("target", "TOKENS")).toEqual([token("a", "1", "b")]);
  expect(pair.rows("target", "USERS")).toEqual([user("1")]);
  expect([pair.positions("USERS"), pair.positions("TOKENS")]).toEqual([["1"], ["2"]]);
  expect(named(told, "batch")).toMatchObject([
    ["batch", { table: "USERS", changes: 1, position: 1n }],
    ["batch", { table: "TOKENS", changes: 2, position: 2n }],
  ]);
  // Two passes that find nothing are what tells that it is drained.
  expect(named(told, "idle")).toEqual([
    ["idle", "USERS"],
    ["idle", "TOKENS"],
    ["idle", "USERS"],
    ["idle", "TOKENS"],
  ]);
});

test("a second run goes on behind the checkpoint and writes nothing again", async () => {
  const pair = filled();
  await run(pair);
  pair.write("USERS", "DELETE", user("1"));
  pair.write("TOKENS", "DELETE", token("a", "1", "b"));
  const { told } = await run(pair);
  expect(named(told, "batch").map(([, report]) => report)).toMatchObject([
    { table: "USERS", changes: 1, position: 2n },
    { table: "TOKENS", changes: 1, position: 3n },
  ]);
  expect([pair.rows("target", "USERS"), pair.rows("target", "TOKENS")]).toEqual([[], []]);
});

test("one pass takes each table as far as its journal reached when it began", async () => {
  const pair = filled();
  let isLater = false;
  pair.target.db.onStatement = () => {
    if (!isLater) pair.write("USERS", "INSERT", user("2"));
    isLater = true;
  };
  const { error, told } = await run(pair, { until: "one pass" });
  expect(error).toBeUndefined();
  expect(named(told, "batch")).toHaveLength(2);
});

test("it goes on until it is stopped, and a stop is no error", async () => {
  const pair = filled();
  const stop = new AbortController();
  let looks = 0;
  const look = async (): Promise<void> => {
    if (++looks === 5) stop.abort();
    if (looks === 3) pair.write("USERS", "INSERT", user("2"));
  };
  const { error } = await run(pair, { until: "stopped", signal: stop.signal, look });
  expect([error, looks]).toEqual([undefined, 5]);
  expect(pair.positions("USERS")).toEqual(["2"]);
});

test("a group that ends for good takes its runner's note away; one that failed in passing is still at work", async () => {
  const pair = filled();
  let ends = 0;
  const pulse = {
    end: async () => {
      ends += 1;
    },
  };
  await run(pair, { journalId: "another", pulse });
  expect(ends).toBe(1);
  const other = filled();
  let failures = 0;
  other.target.db.onStatement = () => {
    if (failures < 3 && ++failures > 1) throw new MemoryError("connection");
  };
  const onTold = (name: string): void => {
    if (name === "retrying") expect(ends).toBe(1);
  };
  const kept: unknown[] = [];
  const failed = (...what: unknown[]): void => void kept.push(what);
  expect((await run(other, { pulse: { ...pulse, failed }, onTold })).error).toBeUndefined();
  expect([failures, ends]).toEqual([3, 2]);
  expect(kept).toEqual([
    ["target Memory: refused: connection", "connection"],
    ["target Memory: refused: connection", "connection"],
  ]);
});

test("a checkpoint of another journal ends the group before anything is written", async () => {
  const pair = filled();
  expect((await run(pair, { journalId: "another" })).error).toMatchObject({
    code: "JOURNAL_REPLACED",
    message: expect.stringContaining("made anew"),
  });
  expect(pair.rows("target", "USERS")).toEqual([]);
});

test.each([
  ["has no row", (pair: Pair) => pair.target.db.tables.set("USERS_SV", [])],
  ["does not exist", (pair: Pair) => pair.target.db.tables.delete("USERS_SV")],
])("a checkpoint table that %s is told as not prepared", async (text, spoil) => {
  const pair = filled();
  spoil(pair);
  expect((await run(pair)).error).toMatchObject({
    code: "NOT_PREPARED",
    message: expect.stringContaining(`USERS_SV on the target ${text}`.replace("on the target does", "does")),
    at: { table: "USERS" },
  });
});

test("a failure that passes is told once and tried again, and what follows is told as recovered", async () => {
  const pair = filled();
  let failures = 0;
  pair.target.db.onStatement = () => {
    if (failures < 3 && ++failures > 1) throw new MemoryError("connection");
  };
  const { error, told } = await run(pair);
  expect(error).toBeUndefined();
  expect(named(told, "retrying", "recovered")).toMatchObject([
    ["retrying", "USERS", "target Memory: refused: connection", "connection"],
    ["recovered", "USERS", 2, expect.any(Number)],
  ]);
  expect(pair.positions("TOKENS")).toEqual(["2"]);
});

test("what no trying helps ends the group with the driver's error in our words", async () => {
  const pair = filled();
  pair.source.db.onStatement = () => {
    throw new MemoryError("auth");
  };
  expect((await run(pair)).error).toMatchObject({ code: "GRANT_MISSING" });
});

test("beside a runner, who does not stand by ends at the second look, and who does takes over", async () => {
  const pair = filled();
  pair.target.server.locks.add("lock");
  const { error } = await run(pair, { standsBy: false });
  expect(error).toMatchObject({ code: "RUNNER_ACTIVE" });
  const { told } = await run(pair, {
    onTold: (name) => void (name === "standby" && pair.target.server.locks.delete("lock")),
  });
  expect(told.map(([name]) => name).filter((name) => name !== "idle" && name !== "batch")).toEqual([
    "standby",
    "takenOver",
  ]);
  expect(pair.positions("TOKENS")).toEqual(["2"]);
});

test("who finds the lock free stands by for nobody and takes nothing over", async () => {
  for (const standsBy of [true, false]) {
    const { error, told } = await run(filled(), { standsBy });
    expect(error).toBeUndefined();
    expect(named(told, "standby", "takenOver")).toEqual([]);
  }
});

test("whoever only asked whether the lock is free keeps nobody from the work, and is not told of", async () => {
  const pair = filled();
  pair.target.server.locks.add("lock");
  setImmediate(() => pair.target.server.locks.delete("lock"));
  const { error, told } = await run(pair, { standsBy: false });
  expect(error).toBeUndefined();
  expect(named(told, "standby", "takenOver")).toEqual([]);
  expect(pair.positions("TOKENS")).toEqual(["2"]);
});

test("a runner that stands by says so once, however long it takes", async () => {
  const pair = filled();
  pair.target.server.locks.add("lock");
  const stop = new AbortController();
  let asked = 0;
  const { told } = await run(pair, {
    signal: stop.signal,
    onTold: (name) => {
      if (name === "standby" && ++asked === 1) setTimeout(() => stop.abort(), 1_200);
    },
  });
  expect(named(told, "standby", "takenOver")).toEqual([["standby", "USERS"]]);
});

test("who loses the lock begins anew by taking it again", async () => {
  const pair = filled();
  const stop = new AbortController();
  const { error, told } = await run(pair, {
    until: "stopped",
    signal: stop.signal,
    onTold(name) {
      if (name === "batch") pair.target.server.locks.delete("lock");
      if (name === "recovered") stop.abort();
    },
  });
  expect(error).toBeUndefined();
  expect(named(told, "retrying")).toMatchObject([
    ["retrying", "USERS", expect.stringContaining("lock on the target was lost"), "CHECKPOINT_MOVED"],
  ]);
});

test("an open hole is waited for and told with who holds it, and what is before it is applied", async () => {
  const pair = openPair({ onSource: { holders: ["t1"], described: [{ holder: "t1", user: "app" }] } });
  pair.write("USERS", "INSERT", user("1"), 1n);
  pair.write("USERS", "INSERT", user("3"), 3n);
  const { error, told } = await run(pair, {
    onTold: (name) => void (name === "blocked" && Object.assign(pair.source.server, { holders: [] })),
  });
  expect(error).toBeUndefined();
  expect(named(told, "blocked")[0]).toMatchObject([
    "blocked",
    "USERS",
    { first: 2n, last: 2n },
    expect.any(Number),
    [{ holder: "t1", user: "app" }],
  ]);
  expect(pair.positions("USERS")).toEqual(["3"]);
});

test("one pass does not wait for an open hole", async () => {
  const pair = openPair({ onSource: { holders: ["t1"] } });
  pair.write("USERS", "INSERT", user("1"), 2n);
  expect((await run(pair, { until: "one pass" })).error).toBeUndefined();
  expect(pair.positions("USERS")).toEqual(["0"]);
});

test("a drained run does not end without a change that is committed between its last pass and its last look", async () => {
  const pair = filled();
  Object.assign(pair.source.server, { holders: ["t9"] });
  let idle = 0;
  const { error } = await run(pair, {
    onTold(name) {
      if (name !== "idle" || ++idle !== 8) return;
      pair.write("USERS", "INSERT", user("2"));
      Object.assign(pair.source.server, { holders: [] });
    },
  });
  expect(error).toBeUndefined();
  expect(pair.positions("USERS")).toEqual(["2"]);
});

test("an idle table is believed by the source's word, until a position is handed out", async () => {
  const pair = filled();
  const highest = (journal: string): bigint => BigInt((pair.source.db.tables.get(journal) ?? []).length);
  Object.assign(pair.source.server, { drawn: highest });
  const stop = new AbortController();
  let looks = 0;
  const look = async (): Promise<void> => {
    looks += 1;
    if (looks === 8) pair.write("TOKENS", "DELETE", token("a", "1"));
    if (looks === 12) stop.abort();
  };
  await run(pair, { until: "stopped", signal: stop.signal, look });
  expect(pair.positions("TOKENS")).toEqual(["3"]);
});

test("dead letters that are left end a drained run with their numbers", async () => {
  const pair = openPair();
  pair.write("USERS", "INSERT", user("1", "poison"));
  pair.write("USERS", "INSERT", user("2"));
  pair.write("TOKENS", "INSERT", token("a", "2", "poison"));
  const { error, told } = await run(pair);
  expect(error).toMatchObject({
    code: "DEAD_LETTERS_LEFT",
    message: expect.stringMatching(/USERS 1, TOKENS 1/),
  });
  expect(named(told, "deadLetter")).toMatchObject([
    ["deadLetter", "USERS", 1n, { class: "row" }],
    ["deadLetter", "TOKENS", 1n, { class: "row" }],
  ]);
  expect(pair.rows("target", "USERS")).toEqual([user("2")]);
});

test("capture that was lost ends the group", async () => {
  const lost = new MemoryError("fatal");
  const { error } = await run(filled(), {
    look: async () => {
      throw lost;
    },
  });
  expect(error).toBe(lost);
});
