import { afterEach, beforeEach, expect, test } from "vitest";
import type { Dialect } from "../../src/contract/dialect.ts";
import { startRun } from "../support/background-run.ts";
import { type BlueGreen, waitUntilEqual } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { killWords } from "../support/kill-words.ts";
import { type RunnerProcess, startRunner } from "../support/runner-process.ts";
import {
  deleteToken,
  insertToken,
  openTokenPair,
  TOKEN_TABLES,
  tokenIds,
  touchToken,
} from "../support/token-rows.ts";
import { waitFor } from "../support/wait-for.ts";

const [AT] = TOKEN_TABLES;

describeDialects("Two runners", (dialect) => {
  let pair: BlueGreen;
  const runners: RunnerProcess[] = [];
  beforeEach(async () => {
    pair = await openTokenPair(dialect, [AT]);
  });
  afterEach(async () => {
    for (const runner of runners.splice(0)) {
      runner.kill("SIGKILL");
      await runner.ended;
    }
    await pair.close();
  });

  const start = (): RunnerProcess => {
    const runner = startRunner(pair, {
      sourceVersion: "5.11.0",
      targetVersion: "5.11.0",
      tables: [AT],
      batchSize: 10,
      until: "stopped",
    });
    // A test that fails early must not leave a rejection behind.
    runner.ended.catch(() => undefined);
    runners.push(runner);
    return runner;
  };

  test("take turns: the second stands by and takes over within ten seconds of the first one's death", async () => {
    await pair.source.test.exec(insertToken("a"));
    const first = start();
    await first.printed(`batch ${AT} 1`);
    const second = start();
    await second.printed(`standby ${AT}`);
    await pair.source.test.exec(insertToken("b"));
    await waitUntilEqual(pair, AT);
    expect(second.lines().filter((line) => line.startsWith("batch"))).toEqual([]);

    first.kill("SIGKILL");
    expect(await first.ended).toBe("SIGKILL");
    await pair.source.test.exec(insertToken("c"));
    await second.printed(`taken over ${AT}`, 10_000);
    await waitUntilEqual(pair, AT);
    expect(await tokenIds(pair, "target")).toEqual(["a", "b", "c"]);
    second.kill("SIGTERM");
    expect(await second.ended).toBe(0);
  });

  test("that both believe to hold the lock leave the exact result", async () => {
    // A lock that everybody gets: what is left is the checkpoint's compare-and-swap.
    const targetDialect: Dialect = {
      ...pair.target.dialect,
      openLocks: async () => ({
        take: async () => true,
        held: async (names) => new Set(names),
        give: async () => undefined,
        close: async () => undefined,
      }),
    };
    const [one, two] = [
      startRun(pair, { batchSize: 1, targetDialect }),
      startRun(pair, { batchSize: 3, targetDialect }),
    ];
    await waitFor(
      async () => {
        one.check();
        two.check();
        await pair.source.test.exec([
          insertToken("t"),
          touchToken("t", "one"),
          deleteToken("t"),
          insertToken("t"),
          touchToken("t", "two"),
          deleteToken("t"),
        ]);
        return [...one.retried, ...two.retried].includes("CHECKPOINT_MOVED");
      },
      { what: "the runners to collide", timeoutMs: 60_000 },
    );
    await pair.source.test.exec([insertToken("t"), touchToken("t", "three")]);
    await waitUntilEqual(pair, AT);
    await one.stop();
    await two.stop();
    expect((await pair.rows("target", AT)).map((row) => row["REFRESH_TOKEN"])).toEqual(["three"]);
  });

  test("go on when the lock's connection is cut again and again", async () => {
    const [one, two] = [startRun(pair, { batchSize: 1 }), startRun(pair, { batchSize: 3 })];
    await one.started();
    await two.started();
    for (let round = 0; round < 3; round++) {
      await pair.source.test.exec([insertToken(`t${round}`), touchToken("t0", `round ${round}`)]);
      await waitFor(
        () => {
          one.check();
          two.check();
          return breakLock();
        },
        { what: "a runner that holds the lock", timeoutMs: 20_000 },
      );
    }
    await pair.source.test.exec(insertToken("last"));
    await waitUntilEqual(pair, AT);
    await one.stop();
    await two.stop();
    expect(await tokenIds(pair, "target")).toEqual(["last", "t0", "t1", "t2"]);
  });

  /** Ends the connections that could hold a runner's lock, as a network that drops idle connections does. */
  async function breakLock(): Promise<boolean> {
    const admin = await pair.target.test.session({ admin: true });
    try {
      if (dialect.name === "postgres") {
        const cut = await admin.query(
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted " +
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        );
        return cut.length > 0;
      }
      if (dialect.name === "mssql") {
        const held = await admin.query(
          "SELECT DISTINCT request_session_id AS ID FROM sys.dm_tran_locks WHERE resource_type = 'APPLICATION' AND resource_database_id = DB_ID() AND request_status = 'GRANT'",
        );
        for (const { ID } of held) await admin.exec(`KILL ${String(ID)}`);
        return held.length > 0;
      }
      if (dialect.name === "oracle") {
        const held = await admin.query(
          `SELECT DISTINCT l.SESSION_ID AS ID FROM V$LOCKED_OBJECT l INNER JOIN DBA_OBJECTS o ON o.OBJECT_ID = l.OBJECT_ID WHERE o.OWNER = '${pair.target.test.name}' AND o.OBJECT_NAME = 'SYNC_LOCKS'`,
        );
        for (const { ID } of held) await admin.exec(killWords("oracle").kill(Number(ID)));
        return held.length > 0;
      }
      const found = await admin.query(
        `SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '${pair.target.test.name}' AND COMMAND = 'Sleep'`,
      );
      for (const { ID } of found) await admin.query(`KILL ${String(ID)}`).catch(() => undefined);
      return found.length > 0;
    } finally {
      await admin.close();
    }
  }
});
