/** How many changes are taken at a time, and what of them shares a transaction. */
import { describe, expect, test } from "vitest";
import type { BatchReport } from "../../../src/run/table-sync.ts";
import type { Pace } from "../../../src/throttle/pace.ts";
import { type MemoryRun, openPair, type Pair, run, type Told, USERS } from "../../support/memory/pair.ts";

const user = (n: number, name = `${n}`) => ({ ID: `${n}`, NAME: name });

function behind(count: number): Pair {
  const pair = openPair({ schemas: [USERS] });
  for (let n = 1; n <= count; n++) pair.write("USERS", "INSERT", user(n));
  return pair;
}

const batchesIn = (told: readonly Told[]): readonly BatchReport[] =>
  told.flatMap(([name, fact]) => (name === "batch" ? [fact as BatchReport] : []));

/** Runs, and gives how many transactions of the target wrote users. */
async function transactions(pair: Pair, options: MemoryRun): Promise<number> {
  let writing = 0;
  const { transaction } = pair.target.db;
  Object.assign(pair.target.db, {
    transaction: async (work: Parameters<typeof transaction>[0]) => {
      const before = pair.rows("target", "USERS").length;
      const done = await transaction(work);
      if (pair.rows("target", "USERS").length > before) writing += 1;
      return done;
    },
  });
  await run(pair, options);
  return writing;
}

describe("changes", () => {
  test("are told batch by batch, with the last position of each", async () => {
    const pair = behind(7);
    const { told } = await run(pair, { batchSize: 3 });
    expect(
      batchesIn(told).map(({ table, changes, position }) => `${table} ${changes} to ${position}`),
    ).toEqual(["USERS 3 to 3", "USERS 3 to 6", "USERS 1 to 7"]);
  });

  test("are paid for before they are written, no more at once than a second may have", async () => {
    const pair = behind(12);
    const spent: (readonly [number, number])[] = [];
    const pace: Pace = {
      mostRows: 5,
      spend: async (rows) => void spent.push([rows, pair.rows("target", "USERS").length]),
    };
    await run(pair, { pace });
    expect(spent.filter(([rows]) => rows > 0)).toEqual([
      [5, 0],
      [5, 5],
      [2, 10],
    ]);
  });

  test("that were paid for when the run is stopped are left for the next one", async () => {
    const pair = behind(12);
    const stop = new AbortController();
    const pace: Pace = {
      mostRows: 5,
      spend: async () => {
        if (pair.rows("target", "USERS").length > 0) stop.abort();
      },
    };
    await run(pair, { pace, signal: stop.signal });
    expect([pair.rows("target", "USERS").length, pair.positions("USERS")]).toEqual([5, ["5"]]);
    await run(pair);
    expect([pair.rows("target", "USERS").length, pair.positions("USERS")]).toEqual([12, ["12"]]);
  });
});

/** What a run does, in order: "begin" a transaction of the target, "rows" sent to it, "read" the journal. */
async function steps(pair: Pair, options: MemoryRun): Promise<readonly string[]> {
  const done: string[] = [];
  const { db, dialect } = pair.target;
  const { readChanges } = pair.source.dialect.sql;
  const { transaction } = db;
  const { writeRows } = dialect;
  Object.assign(pair.source.dialect.sql, {
    readChanges: (...given: Parameters<typeof readChanges>) => {
      done.push("read");
      return readChanges(...given);
    },
  });
  Object.assign(db, {
    transaction: async (work: Parameters<typeof transaction>[0]) => {
      done.push("begin");
      // The answer takes as long as anything else that could be done meanwhile.
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
      return await transaction(work);
    },
  });
  Object.assign(dialect, {
    writeRows: async (...given: Parameters<typeof writeRows>) => {
      done.push("rows");
      return await writeRows(...given);
    },
  });
  await run(pair, options);
  return done;
}

test("the journal is read on while rows are on their way, not while a transaction waits for an answer before them", async () => {
  const done = (await steps(behind(3_000), { batchSize: 500 })).join(" ");
  expect(done).toMatch(/rows read/);
  expect(done).not.toMatch(/begin read/);
});

describe("a transaction", () => {
  test("is shared by several batches of a table that is behind", async () => {
    expect(await transactions(behind(20), { batchSize: 2 })).toBeLessThan(10);
  });

  test("is shared though the table has letters, which each change may settle", async () => {
    const pair = behind(0);
    pair.write("USERS", "INSERT", user(0, "poison"));
    await run(pair);
    for (let n = 1; n <= 20; n++) pair.write("USERS", "INSERT", user(n));
    pair.write("USERS", "UPDATE", user(0));
    expect(await transactions(pair, { batchSize: 2 })).toBeLessThan(10);
    expect(pair.letters()).toEqual([]);
    expect(pair.rows("target", "USERS")).toHaveLength(21);
  });

  test("is a batch's own after a row was refused: the next one may be, too", async () => {
    const poisoned = behind(400);
    poisoned.write("USERS", "INSERT", user(1_000, "poison"));
    for (let n = 1_001; n <= 1_400; n++) poisoned.write("USERS", "INSERT", user(n));
    expect(await transactions(poisoned, { batchSize: 2 })).toBeGreaterThan(150);
    expect(await transactions(behind(800), { batchSize: 2 })).toBeLessThan(100);
  });
});
