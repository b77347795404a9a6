import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { askForRetry, discard, listDeadLetters } from "../../src/apply/dead-letter.ts";
import type { Dialect, LockSession } from "../../src/contract/dialect.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import type { SyncError } from "../../src/errors.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitFor } from "../support/wait-for.ts";
import { watchedDatabase } from "../support/watched-database.ts";

const P = "CREATE TABLE P (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(20))";
const NARROW = "CREATE TABLE P (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(5))";
const C =
  "CREATE TABLE C (ID VARCHAR(20) NOT NULL PRIMARY KEY, P_ID VARCHAR(20), FOREIGN KEY (P_ID) REFERENCES P (ID))";
const COUNT = 250;

describeDialects("Dead letters that are tried again", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [P, C],
      targetSchema: [NARROW, C],
      tables: ["P", "C"],
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());
  afterEach(async () => {
    await pair.source.test.exec(["DELETE FROM C", "DELETE FROM P"]);
    await drain();
    await pair.target.test.exec(["DELETE FROM C", "DELETE FROM P"]);
    await discard(pair.target.db, await store(), await letters());
    await setLength(5);
  });

  const setLength = (length: number): Promise<void> =>
    pair.target.test.exec(
      dialect.name === "postgres"
        ? `ALTER TABLE P ALTER COLUMN N TYPE VARCHAR(${length})`
        : `ALTER TABLE P ${dialect.name === "mssql" ? "ALTER COLUMN" : "MODIFY"} N VARCHAR(${length})`,
    );
  const store = async () => ({
    dialect: pair.target.dialect,
    name: deadLettersName((await pair.table("P")).target.name),
  });
  const letters = async () => await listDeadLetters(pair.target.db, await store());
  const drain = async (): Promise<string> =>
    await pair.run().then(
      () => "drained",
      (error: unknown) => (error as SyncError).code,
    );
  const fill = async (): Promise<void> => {
    const rows = Array.from({ length: COUNT }, (_, i) => `('p${i}', 'far too long')`);
    await pair.source.test.exec([
      ...rows.map((row) => `INSERT INTO P (ID, N) VALUES ${row}`),
      "INSERT INTO C (ID, P_ID) VALUES ('c', 'p7')",
    ]);
    expect(await drain()).toBe("DEAD_LETTERS_LEFT");
    expect(await letters()).toHaveLength(COUNT + 1);
  };

  test("take a transaction for a hundred of them, and none more once the run is to end", async () => {
    await fill();
    await askForRetry(pair.target.db, await store(), await letters());
    const stop = new AbortController();
    let transactions = 0;
    const db = watchedDatabase(pair.target.db, {});
    const targetDb = {
      ...db,
      transaction: (work: Parameters<typeof db.transaction>[0]) => {
        transactions += 1;
        if (transactions === 2) stop.abort();
        return db.transaction(work);
      },
    } as typeof db;
    await pair.run({ targetDb, until: "stopped", signal: stop.signal });
    expect(transactions).toBe(2);
    const tried = (await letters()).filter(({ lastTried }) => lastTried !== "");
    // On a slow machine the first hundred take the whole share of a pass, and the child's letter has the next turn.
    expect([200, 101]).toContain(tried.length);
    // The next run takes those that were not tried yet first, and all of them in a few transactions.
    await setLength(20);
    transactions = -1_000;
    await pair.run({ targetDb });
    expect(transactions).toBeLessThan(-1_000 + 12);
    expect(await letters()).toEqual([]);
    expect(await pair.rows("target", "P")).toHaveLength(COUNT);
    expect(await pair.rows("target", "C")).toHaveLength(1);
  });

  test("are tried again once more when the lock was lost amid them, and not told as left", async () => {
    await fill();
    await setLength(20);
    const { dialect: product } = pair.target;
    const sessions: LockSession[] = [];
    let failed = 0;
    const targetDialect: Dialect = {
      ...product,
      openLocks: async (db) => {
        const session = await product.openLocks(db);
        sessions.push(session);
        const held: LockSession["held"] = (names) =>
          session.held(names).catch((error: unknown) => {
            failed += 1;
            throw error;
          });
        return { ...session, held };
      },
    };
    const db = watchedDatabase(pair.target.db, {});
    let transactions = 0;
    const targetDb = {
      ...db,
      transaction: async (work: Parameters<typeof db.transaction>[0]) => {
        transactions += 1;
        if (transactions === 1) {
          await sessions[0]?.close();
          // It asks once more before it gives the connection up, and every lock with it.
          await waitFor(() => failed > 1, {
            what: "the run to see that its lock is lost",
            timeoutMs: 20_000,
          });
        }
        return await db.transaction(work);
      },
    } as typeof db;
    const retried: string[] = [];
    await pair.run({
      targetDb,
      targetDialect,
      events: { retrying: (_group, _reason, code) => retried.push(code) },
    });
    expect(retried).not.toEqual([]);
    expect(await letters()).toEqual([]);
    expect(await pair.rows("target", "P")).toHaveLength(COUNT);
  });

  test("keep counting their tries, whoever tries them", async () => {
    await pair.source.test.exec("INSERT INTO P (ID, N) VALUES ('p', 'far too long')");
    for (const attempts of [2, 3, 4]) {
      expect(await drain()).toBe("DEAD_LETTERS_LEFT");
      const [letter] = await letters();
      expect(letter?.attempts).toBe(attempts);
    }
  });

  test("one that brings the connection down each time holds up no other, and is no failure of the group", async () => {
    await fill();
    await setLength(20);
    await askForRetry(pair.target.db, await store(), await letters());
    const stop = new AbortController();
    const failures: string[] = [];
    let cut = 0;
    const targetDb = watchedDatabase(pair.target.db, {
      before(sql, values) {
        if (!/INSERT|MERGE/i.test(sql) || !values.includes("p111")) return;
        if (/dead_letters/i.test(sql)) return;
        cut += 1;
        throw Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" });
      },
    });
    const running = pair.run({
      targetDb,
      until: "stopped",
      signal: stop.signal,
      events: {
        retrying: (_group, reason) => failures.push(reason),
        recovered: () => failures.push("recovered"),
      },
    });
    try {
      await waitFor(async () => (await letters()).length === 1, {
        what: "the others to be mended",
        timeoutMs: 30_000,
      });
      expect((await letters())[0]?.key).toBe('["p111"]');
      expect(await pair.rows("target", "C")).toHaveLength(1);
      const before = cut;
      await pair.source.test.exec("INSERT INTO P (ID, N) VALUES ('new', 'x')");
      await waitFor(
        async () => (await pair.target.test.query("SELECT ID FROM P WHERE ID = 'new'")).length === 1,
        { what: "a new row" },
      );
      // It is put off, longer each time.
      expect(cut - before).toBeLessThan(5);
    } finally {
      stop.abort();
      await running;
    }
    expect(failures).toEqual([]);
    // Nothing is in its way in the next run.
    expect(await drain()).toBe("drained");
  });
});
