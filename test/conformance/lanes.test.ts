import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConflictPolicy } from "../../src/apply/conflict.ts";
import { askForRetry, listDeadLetters } from "../../src/apply/dead-letter.ts";
import { readLanes } from "../../src/checkpoint/checkpoint.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import type { Database } from "../../src/db/database.ts";
import { spread } from "../../src/run/lanes.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Watcher, watchedDatabase } from "../support/watched-database.ts";

/** Refers to itself. */
const tree =
  "CREATE TABLE T (ID VARCHAR(20) NOT NULL PRIMARY KEY, UP VARCHAR(20), FOREIGN KEY (UP) REFERENCES T (ID) ON DELETE CASCADE)";
const table =
  "CREATE TABLE P (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(20), U VARCHAR(20), UNIQUE (U))";

describeDialects("Writing in lanes", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [table, tree],
      targetSchema: [table, tree],
      tables: ["P", "T"],
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());

  const lanes = async () =>
    await readLanes(pair.target.db, pair.target.dialect, (await pair.table("P")).targetNames.checkpoint);
  const write = async (n: number, count = 200): Promise<void> => {
    const rows = Array.from({ length: count }, (_, i) => `('${n}-${i}', 'n', 'u${n}-${i}')`);
    await pair.source.test.exec(`INSERT INTO P (ID, N, U) VALUES ${rows.join(", ")}`);
  };
  const expectEqual = async (): Promise<void> =>
    expect(await pair.rows("target", "P")).toEqual(await pair.rows("source", "P"));

  test("every lane has a checkpoint of its own, and all come to the end", async () => {
    await write(1);
    await pair.run({ parallelism: 4, batchSize: 10 });
    const found = await lanes();
    expect(found.map(({ lane }) => lane)).toEqual([0, 1, 2, 3]);
    expect(new Set(found.map(({ position }) => position))).toEqual(new Set([200n]));
    await expectEqual();
  });

  test("a unique key handed on from row to row across lanes needs no policy", async () => {
    const swaps = Array.from({ length: 40 }, (_, i) => [
      `UPDATE P SET U = 'free${i}' WHERE ID = '1-${i}'`,
      `UPDATE P SET U = 'u1-${i}' WHERE ID = '1-${i + 40}'`,
      `UPDATE P SET U = 'u1-${i + 40}' WHERE ID = '1-${i}'`,
    ]).flat();
    await pair.source.test.exec(swaps);
    await pair.run({ parallelism: 4, batchSize: 50 });
    await expectEqual();
  });

  test("a run with another number of lanes goes on from where the lowest stands", async () => {
    await write(2);
    await pair.run({ parallelism: 7, batchSize: 10 });
    await write(3);
    await pair.source.test.exec("DELETE FROM P WHERE ID LIKE '2-1%'");
    await pair.run({ parallelism: 1 });
    expect((await lanes()).map(({ lane }) => lane)).toEqual([0]);
    await expectEqual();
  });

  test("lanes left at different positions by a crash lose and repeat nothing that matters", async () => {
    await write(4);
    await pair.run({ parallelism: 3, batchSize: 20 });
    await pair.source.test.exec(["UPDATE P SET N = 'later'", "DELETE FROM P WHERE ID LIKE '4-1%'"]);
    let commits = 0;
    // The second transaction to begin fails: its lane stays behind the others.
    const failing: Database = {
      ...pair.target.db,
      transaction: async <T>(work: Parameters<typeof pair.target.db.transaction<T>>[0]): Promise<T> => {
        commits += 1;
        if (commits === 2) throw new Error("crash");
        return await pair.target.db.transaction(work);
      },
      // A batch in one statement is a transaction as well.
      query: (sql, params) =>
        sql.startsWith("WITH moved")
          ? failing.transaction((tx) => tx.query(sql, params))
          : pair.target.db.query(sql, params),
    };
    await expect(pair.run({ parallelism: 3, batchSize: 50, targetDb: failing })).rejects.toThrow();
    expect(new Set((await lanes()).map(({ position }) => position)).size).toBe(2);
    await pair.run({ parallelism: 3, batchSize: 50 });
    await expectEqual();
  });

  test("a dead letter is not tried again when another runner has moved the lane of its key", async () => {
    const plan = await pair.table("P");
    const store = { dialect: pair.target.dialect, name: deadLettersName(plan.target.name) };
    const rows = (word: string) =>
      Array.from({ length: 16 }, (_, i) => `('${word}${i}', 'n', 'taken${i}')`).join(", ");
    await pair.target.test.exec(`INSERT INTO P (ID, N, U) VALUES ${rows("green")}`);
    await pair.source.test.exec(`INSERT INTO P (ID, N, U) VALUES ${rows("blue")}`);
    await expect(pair.run({ parallelism: 2 })).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    await pair.target.test.exec("DELETE FROM P WHERE ID LIKE 'green%'");
    await askForRetry(pair.target.db, store, await listDeadLetters(pair.target.db, store));
    const readsLetters = pair.source.dialect.sql.readChangesAt(plan, [0n]).sql;
    let isMoved = false;
    const sourceDb = watchedDatabase(pair.source.db, {
      async after(sql) {
        if (isMoved || sql !== readsLetters) return;
        isMoved = true;
        await pair.target.test.exec(
          `UPDATE ${plan.targetNames.checkpoint} SET DIGEST = 'another runner' WHERE LANE = 1`,
        );
      },
    });
    const retried: string[] = [];
    const events = { retrying: (_group: string, _reason: string, code: string) => retried.push(code) };
    await pair.run({ parallelism: 2, sourceDb, events });
    expect(retried).toEqual(["CHECKPOINT_MOVED"]);
    await expectEqual();
  });

  /** An id that starts with the word and whose lane, of four, is not that of the other id, or is. */
  async function inAnotherLaneThan(id: string, word: string, isSame = false): Promise<string> {
    const plan = await pair.table("P");
    const four = [0, 1, 2, 3].map((lane) => ({ lane, position: 0n, journalId: "", digest: "" }));
    const laneOf = (ID: string): number | undefined =>
      spread(four, plan, [{ position: 1n, action: "INSERT", row: { ID } }]).find(
        (part) => part.changes.length > 0,
      )?.lane;
    const found = Array.from({ length: 50 }, (_, i) => `${word}${i}`).find(
      (one) => (laneOf(one) === laneOf(id)) === isSame,
    );
    if (found === undefined) throw new Error("all ids in one lane");
    return found;
  }

  /** So many changes lie between two that meet: more than two batches of four lanes, and the slice that lanes share is longer. */
  const CHANGES_BETWEEN = 100;

  /** Runs in four lanes; the first statement with this value is held back until the others let it go. */
  async function runHolding(
    value: string,
    until: Watcher & { readonly isOver: () => Promise<boolean> | boolean },
    policy: { readonly conflictPolicy?: ConflictPolicy } = {},
  ) {
    let held = 0;
    const targetDb = watchedDatabase(pair.target.db, {
      ...until,
      async before(sql, values) {
        await until.before?.(sql, values);
        if (!`${sql} ${values}`.includes(value) || held++ > 0) return;
        await waitFor(() => until.isOver(), { what: "the other lanes" });
      },
    });
    await pair.run({ parallelism: 4, batchSize: 10, targetDb, ...policy });
    expect(held).toBeGreaterThan(0);
    await expectEqual();
  }

  test("a lane that lags behind finds its unique key taken by one that is batches ahead", async () => {
    const other = await inAnotherLaneThan("lags", "leads");
    await pair.source.test.exec("INSERT INTO P (ID, U) VALUES ('lags', 'first')");
    await write(5, CHANGES_BETWEEN);
    await pair.source.test.exec([
      "UPDATE P SET U = 'freed' WHERE ID = 'lags'",
      `INSERT INTO P (ID, U) VALUES ('${other}', 'first')`,
    ]);
    await runHolding("lags", {
      isOver: async () => (await pair.rows("target", "P")).some((row) => Object.values(row).includes(other)),
    });
  });

  test("with keep-target a row is not dropped for one that a lagging lane has not moved out of its way yet", async () => {
    await pair.source.test.exec("INSERT INTO P (ID, U) VALUES ('gives', 'handed')");
    await pair.run();
    const other = await inAnotherLaneThan("gives", "ahead");
    const taker = await inAnotherLaneThan("gives", "takes", true);
    await pair.source.test.exec([
      "UPDATE P SET U = 'for-now' WHERE ID = 'gives'",
      `INSERT INTO P (ID, U) VALUES ('${taker}', 'handed')`,
    ]);
    await write(7, CHANGES_BETWEEN);
    await pair.source.test.exec([
      "UPDATE P SET U = 'for-good' WHERE ID = 'gives'",
      `INSERT INTO P (ID, U) VALUES ('${other}', 'for-now')`,
    ]);
    await runHolding(
      "gives",
      {
        isOver: async () =>
          (await pair.rows("target", "P")).some((row) => Object.values(row).includes(other)),
      },
      { conflictPolicy: "keep-target" },
    );
  });

  test("a lane that is batches ahead finds its unique key not free yet", async () => {
    const other = await inAnotherLaneThan("owns", "waits");
    await pair.source.test.exec("INSERT INTO P (ID, U) VALUES ('owns', 'handed-on')");
    await pair.run();
    await pair.source.test.exec("UPDATE P SET U = 'given-up' WHERE ID = 'owns'");
    await write(6, CHANGES_BETWEEN);
    await pair.source.test.exec(`INSERT INTO P (ID, U) VALUES ('${other}', 'handed-on')`);
    let isRefused = false;
    await runHolding("owns", {
      failed: () => {
        isRefused = true;
      },
      isOver: () => isRefused,
    });
  });

  test("a child is not written while its parent's earlier deletion is still to come, with a cascade", async () => {
    // Words that no statement about the catalogue has.
    const child = await inAnotherLaneThan("elder", "heir");
    const others = (n: number) =>
      `INSERT INTO T (ID) VALUES ${Array.from({ length: 39 }, (_, i) => `('other${n}-${i}')`).join(", ")}`;
    await pair.source.test.exec("INSERT INTO T (ID) VALUES ('elder')");
    await pair.run();
    await pair.source.test.exec([
      "DELETE FROM T WHERE ID = 'elder'",
      others(1),
      "INSERT INTO T (ID) VALUES ('elder')",
      `INSERT INTO T (ID, UP) VALUES ('${child}', 'elder')`,
      others(2),
    ]);
    let isWritten = false;
    await runHolding("elder", {
      before: (sql, values) => {
        isWritten ||= `${sql} ${values}`.includes(child);
      },
      // The lanes that are through with the first 40 changes would be at the child by now.
      isOver: async () => (await pair.rows("target", "T")).length >= 20 && !isWritten,
    });
    expect(await pair.rows("target", "T")).toEqual(await pair.rows("source", "T"));
  });

  test("after a crash a parent's deletion does not take a child that another lane has written, whatever the batchSize", async () => {
    const child = await inAnotherLaneThan("root", "leaf");
    const others = Array.from({ length: 20 }, (_, i) => `('between-${i}')`).join(", ");
    await pair.source.test.exec("INSERT INTO T (ID) VALUES ('root')");
    await pair.run({ parallelism: 4 });
    await pair.source.test.exec([
      "DELETE FROM T WHERE ID = 'root'",
      `INSERT INTO T (ID) VALUES ${others}`,
      "INSERT INTO T (ID) VALUES ('root')",
      `INSERT INTO T (ID, UP) VALUES ('${child}', 'root')`,
    ]);
    const hasChild = async (): Promise<boolean> =>
      (await pair.rows("target", "T")).some((row) => Object.values(row).includes(child));
    const targetDb = watchedDatabase(pair.target.db, {
      async before(sql, values) {
        const text = `${sql} ${values}`;
        if (!text.includes("root") || text.includes(child)) return;
        await waitFor(hasChild, { what: "the child's lane" });
        throw new Error("crash");
      },
    });
    await expect(pair.run({ parallelism: 4, batchSize: 10, targetDb })).rejects.toThrow("crash");
    await pair.run({ parallelism: 4, batchSize: 1 });
    expect(await pair.rows("target", "T")).toEqual(await pair.rows("source", "T"));
  });
});
