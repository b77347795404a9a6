/** A run of whole plans: groups beside each other, capture watched, what ends one and not the others. */
import { describe, expect, test } from "vitest";
import { type RunOptions, runSync } from "../../../src/run/run-sync.ts";
import { OURS } from "../../support/memory/dialect.ts";
import {
  column,
  openPair,
  type Pair,
  PLAIN_ROWS,
  planOf,
  schema,
  TOKENS,
  type Told,
  tellsTo,
  USERS,
} from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });
const APPS = schema("APPS", [column("ID"), column("NAME")]);

function threeTables(): Pair {
  const pair = openPair({ schemas: [USERS, TOKENS, APPS] });
  pair.write("USERS", "INSERT", user("1"));
  pair.write("TOKENS", "INSERT", { ID: "a", USER_ID: "1", VALUE: "v" });
  pair.write("APPS", "INSERT", user("x"));
  return pair;
}

async function sync(pair: Pair, more: Partial<RunOptions> = {}, onTold?: (name: string) => void) {
  const told: Told[] = [];
  const groups = [
    { name: "USERS", tables: pair.tables.filter(({ name }) => name !== "APPS") },
    { name: "APPS", tables: pair.tables.filter(({ name }) => name === "APPS") },
  ];
  const error = await runSync({
    plan: planOf(groups),
    source: pair.source,
    target: pair.target,
    batchSize: 100,
    syncIntervalMs: 1,
    until: "drained",
    signal: new AbortController().signal,
    events: tellsTo(told, onTold),
    rowsFor: () => PLAIN_ROWS,
    ...more,
  }).catch((thrown: unknown) => thrown);
  return { told, error };
}

const stateOf = (pair: Pair): readonly unknown[] =>
  pair.rows("target", "SYNC_STATE").map((row) => row["NAME"]);

test("all groups come to the end, and nobody is said to work on them then", async () => {
  const pair = threeTables();
  const { error } = await sync(pair);
  expect(error).toBeUndefined();
  for (const { name } of pair.tables) expect(pair.rows("target", name)).toEqual(pair.rows("source", name));
  expect(stateOf(pair)).toEqual([]);
  expect([...pair.target.server.locks]).toEqual([]);
});

test("a group that cannot go on stops alone, is told and noted, and its error is the run's", async () => {
  const pair = threeTables();
  pair.target.db.tables.delete("APPS_SV");
  const { error, told } = await sync(pair);
  expect(error).toMatchObject({ code: "NOT_PREPARED" });
  expect(pair.rows("target", "TOKENS")).toHaveLength(1);
  expect(told.filter(([name]) => name === "stopped")).toMatchObject([
    ["stopped", "APPS", { code: "NOT_PREPARED" }],
  ]);
  expect(stateOf(pair)).toEqual(["stopped/APPS"]);
  // Until a runner works on it again.
  pair.target.db.tables.set("APPS_SV", [{ LANE: 0, SYNC_ID: "0", JOURNAL_ID: "j", DIGEST: "" }]);
  expect((await sync(pair)).error).toBeUndefined();
  expect(stateOf(pair)).toEqual([]);
});

test("dead letters that are left end the run, and nothing has stopped for good", async () => {
  const pair = threeTables();
  pair.write("APPS", "INSERT", user("y", "poison"));
  const { error, told } = await sync(pair);
  expect(error).toMatchObject({ code: "DEAD_LETTERS_LEFT" });
  expect(told.some(([name]) => name === "stopped")).toBe(true);
  expect(stateOf(pair)).not.toContain("stopped/APPS");
});

test("beside a runner who does not stand by ends, which is told by nobody but the error", async () => {
  const pair = threeTables();
  pair.target.server.locks.add("home/APPS");
  const { error, told } = await sync(pair, { standsBy: false });
  expect(error).toMatchObject({ code: "RUNNER_ACTIVE" });
  expect([told.some(([name]) => name === "stopped"), stateOf(pair)]).toEqual([false, []]);
});

test("a bug goes before what was to be expected", async () => {
  const pair = threeTables();
  pair.target.db.tables.delete("USERS_SV");
  const bug = new TypeError("a bug");
  const prepare = async (): Promise<never> => {
    throw bug;
  };
  const { error } = await sync(pair, {
    rowsFor: ({ name }) => (name === "APPS" ? { ...PLAIN_ROWS, prepare } : PLAIN_ROWS),
  });
  expect(error).toBe(bug);
});

test("a source without the journal is not prepared", async () => {
  const pair = threeTables();
  pair.source.db.tables.delete("APPS_S");
  expect((await sync(pair)).error).toMatchObject({ code: "NOT_PREPARED", at: { table: "APPS" } });
});

describe("while a run is at work", () => {
  /** Runs until stopped; spoils something once rows were written. */
  async function spoiled(spoil: (pair: Pair) => void, pair = threeTables()) {
    const stop = new AbortController();
    let isSpoiled = false;
    let idle = 0;
    const result = await sync(pair, { until: "stopped", signal: stop.signal, captureLookMs: 0 }, (name) => {
      if (name === "batch" && !isSpoiled) {
        isSpoiled = true;
        spoil(pair);
      }
      if (name === "stopped" || (name === "idle" && ++idle > 40)) stop.abort();
    });
    const message = result.error instanceof Error ? result.error.message.split("\n  - ").slice(1) : [];
    return { ...result, lost: message, pair };
  }

  test("a trigger that is gone stops its group and is noted as a gap", async () => {
    const { error, lost, pair } = await spoiled((one) => void one.source.server.triggers.delete("USERS_IT"));
    expect(error).toMatchObject({ code: "CAPTURE_LOST" });
    expect(lost).toEqual(["USERS: trigger USERS_IT is missing"]);
    expect(stateOf(pair)).toContain("gap/USERS");
    expect(stateOf(pair)).toContain("stopped/USERS");
  });

  test("a trigger that was made anew is told as a gap and stops nothing", async () => {
    const pair = threeTables();
    pair.target.db.tables.set("SYNC_STATE", [
      {
        NAME: "seen/USERS",
        VALUE: JSON.stringify({ journal: "j", stamps: { "TRIGGER USERS_IT": "1" }, at: "then" }),
        UPDATED_AT: "2026-01-01 00:00:00",
      },
    ]);
    const { error, told } = await spoiled(
      (one) => void one.source.server.triggers.set("USERS_IT", { body: OURS, stamp: "2" }),
      pair,
    );
    expect(error).toBeUndefined();
    expect(told.filter(([name]) => name === "gap")).toMatchObject([
      ["gap", "USERS", expect.stringContaining("was made anew, changed or switched since then")],
    ]);
  });

  test("a prepare at work is no loss", async () => {
    const { error } = await spoiled((one) => {
      one.source.server.locks.add("home/capture");
      one.source.server.triggers.delete("USERS_IT");
    });
    expect(error).toBeUndefined();
  });

  test("columns that come, go or change their type stop the group", async () => {
    const { lost } = await spoiled((one) => {
      one.source.server.schemas = [
        { ...USERS, columns: [column("ID", { type: "INT" }), column("MORE")] },
        TOKENS,
        APPS,
      ];
    });
    expect(lost).toEqual(
      expect.arrayContaining([
        "USERS: column MORE is new",
        "USERS: column NAME is gone",
        "USERS: column ID was VARCHAR(100) and is INT",
      ]),
    );
    const { lost: gone } = await spoiled((one) => {
      one.source.server.schemas = [TOKENS, APPS];
    });
    expect(gone).toContain("USERS: the table is not there");
  });
});
