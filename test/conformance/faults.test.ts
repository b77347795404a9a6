import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { type FaultLab, type LabRun, openFaultLab } from "../support/fault-lab.ts";
import type { TestSession } from "../support/servers/test-server.ts";
import { waitFor } from "../support/wait-for.ts";

/** Rows locked by others are waited for this long: 10 s, and then some. */
const LOCK_WAIT_TEST_MS = 60_000;

const TITLES: Readonly<Partial<Record<TestDialectName, string>>> = {
  postgres: "PostgreSQL",
  mariadb: "MariaDB",
  mysql: "MySQL",
};

describeDialects("A run that meets a fault", (dialect) => {
  const { startPrivate, name } = dialect;
  if (startPrivate === undefined) {
    test.skip("skipped: the server comes by URL and must not be harmed", () => undefined);
    return;
  }
  const title = TITLES[name] ?? name;
  const isPostgres = name === "postgres";
  let lab: FaultLab;
  let run: LabRun | undefined;
  let sessions: TestSession[] = [];

  beforeAll(async () => {
    lab = await openFaultLab(dialect, startPrivate);
  });
  afterAll(() => lab.close());
  afterEach(async () => {
    for (const session of sessions) await session.exec("ROLLBACK").catch(() => undefined);
    for (const session of sessions) await session.close();
    sessions = [];
    await run?.end();
    run = undefined;
    await lab.sourceProxy.heal();
    await lab.targetProxy.heal();
    await lab.pair.source.test.exec("DELETE FROM F");
    await lab.pair.run();
  });

  const admin = async (): Promise<TestSession> => {
    const session = await lab.admin();
    sessions.push(session);
    return session;
  };

  /** One fault from its begin to its end: what is written meanwhile arrives, and two lines tell of it. */
  async function survives(
    doHarm: (running: LabRun) => Promise<void> | void,
    reason: RegExp,
    mend: () => Promise<void> | void,
    socketTimeoutMs?: number,
  ): Promise<void> {
    const running = await lab.start(socketTimeoutMs === undefined ? {} : { socketTimeoutMs });
    run = running;
    await running.write("before");
    await running.untilArrived("before");
    await doHarm(running);
    await running.write("during").catch(() => undefined);
    await running.untilRetrying(reason);
    await mend();
    await running.write("after");
    await running.untilArrived("after");
    const recovered = await running.untilRecovered();
    expect(Number(recovered.fields["attempts"])).toBeGreaterThan(0);
    expect(await lab.pair.rows("target", "F")).toEqual(await lab.pair.rows("source", "F"));
    await running.stop();
  }

  /** In the words of the fault; a driver may notice the end of the connection first. */
  const unreachable = (side: "source" | "target"): RegExp =>
    new RegExp(
      `^${side} ${title}: (the server cannot be reached|the connection ended|the connection was cut off|nothing listens on this port|the server does not answer in time)$`,
    );

  test.each(["source", "target"] as const)("goes on when its connections to the %s are cut", async (side) => {
    const proxy = side === "source" ? lab.sourceProxy : lab.targetProxy;
    await survives(
      async (running) => {
        if (side === "target") return proxy.cut();
        // A connection that is cut while it rests is replaced without a word: one at work has to be hit.
        await waitFor(
          () => {
            proxy.cut();
            return running.troubles().length > 0;
          },
          { what: "a cut to hit a statement", pollMs: 3 },
        );
      },
      // Between two statements the target's cut is noticed by the lock that is gone.
      side === "source" ? unreachable(side) : /^F: the lock on the target was lost$/,
      () => undefined,
    );
  });

  test.each(["source", "target"] as const)("waits for a %s that refuses connections", async (side) => {
    const proxy = side === "source" ? lab.sourceProxy : lab.targetProxy;
    await survives(
      () => proxy.refuse(),
      unreachable(side),
      () => proxy.heal(),
    );
  });

  test.each(["source", "target"] as const)(
    "gives up connections on which the %s has fallen silent",
    async (side) => {
      const proxy = side === "source" ? lab.sourceProxy : lab.targetProxy;
      await survives(
        () => proxy.silence(),
        unreachable(side),
        () => proxy.heal(),
      );
    },
  );

  test.each(["source", "target"] as const)("waits for a %s server that was killed", async (side) => {
    const server = side === "source" ? lab.sourceServer : lab.targetServer;
    await survives(
      () => server.kill(),
      new RegExp(`^${side} ${title}: `),
      () => server.restart(),
    );
  });

  test("waits for a lock on the target's rows", { timeout: LOCK_WAIT_TEST_MS }, async () => {
    const holder = await admin();
    await survives(
      async () => {
        await holder.exec(["BEGIN", "UPDATE F SET N = 'held' WHERE ID = 'before'"]);
        // The runner has to write the row that is held.
        await lab.pair.source.test.exec("UPDATE F SET N = 'new' WHERE ID = 'before'");
      },
      new RegExp(`^target ${title}: a lock was not to be had in time$`),
      () => holder.exec("ROLLBACK"),
      // Longer than the wait for the lock: else the connection would count as dead before.
      30_000,
    );
  });

  test("repeats what it did as the victim of a deadlock", async () => {
    const { checkpoint } = (await lab.pair.table("F")).targetNames;
    const other = await admin();
    await other.exec(
      isPostgres
        ? "SET deadlock_timeout = '1min'"
        : // InnoDB ends the transaction that has changed less.
          "CREATE TABLE IF NOT EXISTS heavy (ID INT PRIMARY KEY)",
    );
    await survives(
      async () => {
        await other.exec(["BEGIN", "UPDATE F SET N = 'held' WHERE ID = 'before'"]);
        if (!isPostgres) {
          const values = Array.from({ length: 500 }, (_, i) => `(${i})`).join(", ");
          await other.exec(`INSERT INTO heavy (ID) VALUES ${values}`);
        }
        await lab.pair.source.test.exec("UPDATE F SET N = 'new' WHERE ID = 'before'");
        await untilSomebodyWaits(await admin(), isPostgres);
        await other.exec(`UPDATE ${checkpoint} SET DIGEST = DIGEST`);
        await other.exec("ROLLBACK");
      },
      new RegExp(`^target ${title}: the transaction was the victim of a deadlock$`),
      () => undefined,
    );
  });

  test("repeats what could not be serialized", async () => {
    const other = await admin();
    await survives(
      () => other.exec(isPostgres ? RAISE_IN_POSTGRES : RAISE_IN_MYSQL),
      isPostgres
        ? /^target PostgreSQL: the transaction could not be serialized$/
        : new RegExp(`^target ${title}: the row changed since it was read$`),
      () =>
        other.exec(
          isPostgres ? ["DROP TRIGGER raise_t ON f", "DROP FUNCTION raise_f()"] : "DROP TRIGGER raise_t",
        ),
    );
  });

  test("waits while the target has too many connections", async () => {
    const other = await admin();
    const database = lab.pair.target.test.name;
    await survives(
      async () => {
        lab.targetProxy.refuse();
        if (isPostgres) await other.exec(`ALTER DATABASE ${database} CONNECTION LIMIT 0`);
        else {
          await other.exec("SET GLOBAL max_connections = 10");
          await fillUp(async () => {
            sessions.push(await lab.pair.target.test.session());
          });
        }
        await lab.targetProxy.heal();
      },
      new RegExp(`^target ${title}: the server has too many connections$`),
      async () => {
        if (isPostgres) await other.exec(`ALTER DATABASE ${database} CONNECTION LIMIT -1`);
        else {
          await other.exec("SET GLOBAL max_connections = 200");
          for (const session of sessions) if (session !== other) await session.close();
          sessions = [other];
        }
      },
    );
  });

  test("waits while the target is read-only", async () => {
    const other = await admin();
    const set = (isOn: boolean): Promise<void> =>
      other.exec(
        isPostgres
          ? [
              `ALTER SYSTEM SET default_transaction_read_only = ${isOn ? "on" : "off"}`,
              "SELECT pg_reload_conf()",
            ]
          : `SET GLOBAL read_only = ${isOn ? 1 : 0}`,
      );
    await survives(
      async () => {
        await set(true);
        if (!isPostgres) return;
        await waitFor(
          async () =>
            (await lab.pair.target.test.query("SHOW default_transaction_read_only"))[0]?.[
              "DEFAULT_TRANSACTION_READ_ONLY"
            ] === "on",
          { what: "the setting to take effect" },
        );
      },
      new RegExp(`^target ${title}: the (database|server) is read-only$`),
      () => set(false),
    );
  });
});

const RAISE_IN_POSTGRES = [
  "CREATE FUNCTION raise_f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$",
  "CREATE TRIGGER raise_t BEFORE INSERT ON f FOR EACH ROW EXECUTE FUNCTION raise_f()",
];
const RAISE_IN_MYSQL = [
  "CREATE TRIGGER raise_t BEFORE INSERT ON F FOR EACH ROW SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1020",
];

/** Opens connections until the server refuses one. */
async function fillUp(open: () => Promise<void>): Promise<void> {
  for (let i = 0; i < 20; i++) {
    try {
      await open();
    } catch {
      return;
    }
  }
  throw new Error("the server takes more connections than it was told to");
}

async function untilSomebodyWaits(session: TestSession, isPostgres: boolean): Promise<void> {
  await waitFor(
    async () =>
      (
        await session.query(
          isPostgres
            ? "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'sync-tool'"
            : "SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'",
        )
      ).length > 0,
    // InnoDB's list is made anew only when nobody has looked at it for a tenth of a second.
    { what: "the runner to wait for a lock", pollMs: 150 },
  );
}
