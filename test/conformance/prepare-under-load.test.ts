import { afterEach, beforeEach, expect, test } from "vitest";
import { readCaptureState } from "../../src/capture/capture-state.ts";
import { installCapture } from "../../src/capture/install.ts";
import type { Busy } from "../../src/capture/retry-while-busy.ts";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestSession } from "../support/servers/test-server.ts";
import { waitFor } from "../support/wait-for.ts";

const SCHEMA = [
  "CREATE TABLE PARENT (ID INT PRIMARY KEY, V VARCHAR(20))",
  "CREATE TABLE CHILD (ID INT PRIMARY KEY, P INT, FOREIGN KEY (P) REFERENCES PARENT (ID) ON DELETE CASCADE)",
];

/** No statement of the application may wait longer for one of ours. */
const LONGEST_WAIT_MS = 5_000;

describeDialects("prepare", (dialect) => {
  const isPostgres = dialect.name === "postgres";
  let pair: BlueGreen;
  beforeEach(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: SCHEMA,
      targetSchema: SCHEMA,
      tables: ["PARENT", "CHILD"],
    });
  });
  afterEach(() => pair.close());

  const tables = async () => planTables(await pair.plan());
  const install = async (options: Parameters<typeof installCapture>[3] = {}) =>
    await installCapture(pair.source.db, pair.source.dialect, await tables(), options);
  const drift = async () =>
    (await readCaptureState(pair.source.db, pair.source.dialect, await tables())).flatMap((state) => [
      ...state.missing.map((object) => `${object.kind} ${object.name.toUpperCase()} is missing`),
      ...state.drifted.map(({ reason }) => reason.toUpperCase()),
    ]);

  /** Writes until told to stop; gives the ids of each committed row with the time its transaction began. */
  async function write(writer: number, stopped: () => boolean) {
    const session = await pair.source.test.session();
    const rows: { id: number; begunAt: number }[] = [];
    let longest = 0;
    const timed = async (sql: string): Promise<void> => {
      const begun = performance.now();
      await session.exec(sql);
      longest = Math.max(longest, performance.now() - begun);
    };
    let victims = 0;
    for (let n = 0; !stopped(); n++) {
      const id = writer * 1_000_000 + n;
      const begunAt = performance.now();
      try {
        await timed("BEGIN");
        await timed(`INSERT INTO PARENT VALUES (${id}, 'w')`);
        await timed(`INSERT INTO CHILD VALUES (${id}, ${id})`);
        await timed(`UPDATE PARENT SET V = 'again' WHERE ID = ${id}`);
        await timed(n % 5 === 4 ? "ROLLBACK" : "COMMIT");
        if (n % 5 !== 4) rows.push({ id, begunAt });
      } catch (error) {
        // MariaDB locks the parents of a table whose triggers change, and ends a transaction that holds one of them.
        if (dialect.name !== "mariadb" || (error as { errno?: number }).errno !== 1213) throw error;
        victims += 1;
        await session.exec("ROLLBACK");
      }
    }
    await session.close();
    return { rows, longest, victims };
  }

  test("beside eight busy writers captures all that is written after it, and makes none of them wait long", async () => {
    let stop = false;
    const writers = Array.from({ length: 8 }, (_, i) => write(i + 1, () => stop));
    await install();
    const preparedAt = performance.now();
    const journaled = async (): Promise<number> =>
      Number((await pair.source.test.query("SELECT COUNT(*) AS N FROM CHILD_S"))[0]?.["N"]);
    const before = await journaled();
    await waitFor(async () => (await journaled()) > before + 200, {
      what: "200 rows captured after prepare",
      timeoutMs: 30_000,
    });
    stop = true;
    const results = await Promise.all(writers);
    const captured = async (sql: string) =>
      new Set((await pair.source.test.query(sql)).map((row) => Number(row["ID"])));
    const wanted = results.flatMap(({ rows }) => rows).filter((row) => row.begunAt > preparedAt);
    expect(wanted.length).toBeGreaterThan(50);
    for (const sql of [
      "SELECT ID FROM PARENT_S WHERE ACTION = 'INSERT'",
      "SELECT ID FROM PARENT_S WHERE ACTION = 'UPDATE'",
      "SELECT ID FROM CHILD_S WHERE ACTION = 'INSERT'",
    ]) {
      const ids = await captured(sql);
      expect(wanted.filter(({ id }) => !ids.has(id))).toEqual([]);
    }
    expect(Math.max(...results.map(({ longest }) => longest))).toBeLessThan(LONGEST_WAIT_MS);
    // At most one transaction of each writer for each of the eight triggers, and none after prepare.
    expect(results.reduce((sum, { victims }) => sum + victims, 0)).toBeLessThanOrEqual(8 * 8);
    expect(await drift()).toEqual([]);
  });

  async function hold(): Promise<TestSession> {
    const holder = await pair.source.test.session();
    await holder.exec(["BEGIN", "INSERT INTO PARENT VALUES (1, 'held')"]);
    return holder;
  }

  test("waits for a long transaction in short attempts, between which others write", async () => {
    const holder = await hold();
    const other = await pair.source.test.session();
    let longest = 0;
    let written = 0;
    let attempts = 0;
    let writing: Promise<void> = Promise.resolve();
    await install({
      onBusy: (_object, { attempt }) => {
        attempts = attempt;
        if (attempt === 2) writing = holder.exec("COMMIT");
      },
      // While prepare tries, another user writes: started here, it queues behind the first attempt.
      ...((): object => {
        writing = (async () => {
          while (attempts < 2) {
            const begun = performance.now();
            written += 1;
            await other.exec(`INSERT INTO PARENT VALUES (${written + 10}, 'other')`);
            longest = Math.max(longest, performance.now() - begun);
          }
        })();
        return {};
      })(),
    });
    await writing;
    expect(attempts).toBeGreaterThanOrEqual(2);
    expect(longest).toBeLessThan(LONGEST_WAIT_MS);
    expect(written).toBeGreaterThan(1);
    expect(await drift()).toEqual([]);
  });

  test("names who is in the way, and until when it tries", async () => {
    const holder = await hold();
    const sql = isPostgres ? "SELECT pg_backend_pid() AS ID" : "SELECT CONNECTION_ID() AS ID";
    const id = String((await holder.query(sql))[0]?.["ID"]);
    // As an administrator, who may see the sessions of others.
    const { dialect: own, test: blue } = pair.source;
    const db = await own.connect(blue.adminSettings as ConnectionSettings);
    const word = isPostgres ? `backend ${id}` : `connection ${id}`;
    const { user } = blue.settings;
    const told: Busy[] = [];
    try {
      await expect(installCapture(db, own, await tables(), { patienceMs: 1 })).rejects.toMatchObject({
        code: "LOCK_TIMEOUT",
        message: expect.stringContaining(`${word} of ${user}`),
      });
      await installCapture(db, own, await tables(), {
        onBusy: (_object, busy) => {
          told.push(busy);
          if (busy.attempt === 1) void holder.exec("COMMIT");
        },
      });
    } finally {
      await db.close();
    }
    const [first] = told;
    expect(first?.secondsLeft).toBeGreaterThan(200);
    expect(first?.holders.map(({ holder: one }) => one.replace(/^perhaps /, ""))).toContain(word);
    expect(await drift()).toEqual([]);
    await pair.source.test.exec("DELETE FROM PARENT");
  });

  test("gives up when its patience is over, names the table, and completes the work later", async () => {
    const before = await databaseObjects(pair.source.test);
    const holder = await hold();
    await expect(install({ patienceMs: 1 })).rejects.toMatchObject({
      code: "LOCK_TIMEOUT",
      exitCode: 5,
      message: expect.stringMatching(/^parent stayed locked/i),
    });
    if (isPostgres) expect(await databaseObjects(pair.source.test)).toEqual(before);
    await holder.exec("COMMIT");
    await install();
    expect(await drift()).toEqual([]);
  });

  test.runIf(isPostgres)("says why it was tried in vain when no lock is the cause", async () => {
    const { test, dialect: own } = pair.source;
    const admin = await test.session({ admin: true });
    await admin.exec([
      `ALTER DATABASE "${test.settings.database}" SET default_transaction_read_only = on`,
      "SET default_transaction_read_only = off",
    ]);
    const planned = await tables();
    // Its sessions begin after the change.
    const db = await own.connect(test.settings as ConnectionSettings);
    const reasons = new Set<string>();
    try {
      const onBusy = (_object: unknown, { reason }: { readonly reason: string }) => void reasons.add(reason);
      await expect(installCapture(db, own, planned, { patienceMs: 1_000, onBusy })).rejects.toMatchObject({
        code: "LOCK_TIMEOUT",
        message: expect.stringMatching(/because the database is read-only \(25006\)/),
      });
      expect([...reasons]).toEqual(["the database is read-only"]);
    } finally {
      await db.close();
      await admin.close();
    }
  });

  test("done twice is prepare done once: no journal, no change in it and no trigger is touched", async () => {
    const first = await install();
    await pair.source.test.exec("INSERT INTO PARENT VALUES (1, 'kept')");
    const objects = await databaseObjects(pair.source.test);
    const second = await install();
    expect(second).toEqual({ created: [], replaced: [], journals: first.journals });
    expect(await databaseObjects(pair.source.test)).toEqual(objects);
    expect(await pair.source.test.query("SELECT ID, V, ACTION FROM PARENT_S WHERE SYNC_ID > 0")).toEqual([
      { ID: "1", V: "kept", ACTION: "INSERT" },
    ]);
  });

  const mended = async (expected: (string | RegExp)[]): Promise<void> => {
    const found = await drift();
    expect(found).toEqual(
      expected.map((one) => (typeof one === "string" ? one : expect.stringMatching(one))),
    );
    await install();
    expect(await drift()).toEqual([]);
    await pair.source.test.exec("INSERT INTO PARENT (ID, V) VALUES (99, 'mended')");
    const kept = await pair.source.test.query("SELECT ID FROM PARENT_S WHERE SYNC_ID > 0 ORDER BY SYNC_ID");
    expect(kept).toEqual([{ ID: "1" }, { ID: "99" }]);
  };

  test("mends capture after a column was added, and keeps the changes that are there", async () => {
    await install();
    await pair.source.test.exec([
      "INSERT INTO PARENT VALUES (1, 'before')",
      "ALTER TABLE PARENT ADD COLUMN EXTRA VARCHAR(10)",
    ]);
    await pair.target.test.exec("ALTER TABLE PARENT ADD COLUMN EXTRA VARCHAR(10)");
    await mended([/PARENT_IT/, /PARENT_UT/, /PARENT_DT/, "THE JOURNAL LACKS COLUMN EXTRA"]);
    await pair.source.test.exec("UPDATE PARENT SET EXTRA = 'seen' WHERE ID = 99");
    expect(await pair.source.test.query("SELECT EXTRA FROM PARENT_S WHERE ACTION = 'UPDATE'")).toEqual([
      { EXTRA: "seen" },
    ]);
  });

  test("mends a trigger that was dropped", async () => {
    await install();
    await pair.source.test.exec([
      "INSERT INTO PARENT VALUES (1, 'before')",
      `DROP TRIGGER PARENT_IT${isPostgres ? " ON PARENT" : ""}`,
    ]);
    await mended(["trigger PARENT_IT is missing"]);
  });

  test("mends a trigger that was changed but kept its mark", async () => {
    await install();
    await pair.source.test.exec("INSERT INTO PARENT VALUES (1, 'before')");
    if (isPostgres) {
      const [found] = await pair.source.test.query("SELECT pg_get_functiondef('parent_it'::regproc) AS D");
      await pair.source.test.exec(String(found?.["D"]).replace("RETURN NULL", "NULL; RETURN NULL"));
      await mended([/^FUNCTION PARENT_IT IS NOT THE ONE/]);
    } else if (dialect.name === "mssql") {
      const [found] = await pair.source.test.query("SELECT OBJECT_DEFINITION(OBJECT_ID('PARENT_IT')) AS D");
      await pair.source.test.exec([
        "DROP TRIGGER PARENT_IT",
        `${String(found?.["D"])}\nDECLARE @seen int = 1`,
      ]);
      await mended([/^TRIGGER PARENT_IT IS NOT THE ONE/]);
    } else {
      const [found] = await pair.source.test.query(
        "SELECT ACTION_STATEMENT AS S FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = 'PARENT_IT'",
      );
      const body = String(found?.["S"]).replace("BEGIN ", "BEGIN SET @seen = 1; ");
      await pair.source.test.exec([
        "DROP TRIGGER PARENT_IT",
        `CREATE TRIGGER PARENT_IT AFTER INSERT ON PARENT FOR EACH ROW ${body}`,
      ]);
      await mended([/^TRIGGER PARENT_IT IS NOT THE ONE/]);
    }
  });

  test.runIf(isPostgres).each([
    ["disabled", "DISABLE"],
    ["made to fire outside replication only", "ENABLE"],
  ])("mends a trigger that was %s", async (_how, verb) => {
    await install();
    await pair.source.test.exec([
      "INSERT INTO PARENT VALUES (1, 'before')",
      `ALTER TABLE PARENT ${verb} TRIGGER PARENT_IT`,
    ]);
    await mended([/^TRIGGER PARENT_IT /]);
  });
});
