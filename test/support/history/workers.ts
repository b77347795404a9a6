import { setTimeout as delay } from "node:timers/promises";
import type { TestDialectName } from "../env.ts";
import type { TestDatabase, TestSession } from "../servers/test-server.ts";
import { isMysqlLike } from "../wso2-tables.ts";
import { type History, SESSIONS, type Step } from "./arbitrary.ts";
import { statements, type Work } from "./work.ts";

/** The connections of the users of a source; they stay open from history to history. */
export interface Workers {
  /** Plays steps one after the other; a step that waits for a lock is left waiting while the others go on. */
  play(steps: readonly Step[]): Promise<void>;
  /** Ends every open transaction with a commit and waits for all of them. */
  finish(): Promise<void>;
  setIsolation(level: History["isolation"]): Promise<void>;
  /** By what the server knows their sessions. */
  connections(): Promise<readonly string[]>;
}

/** By what a server knows the session that asks. */
export const OWN_CONNECTION: Readonly<Record<TestDialectName, string>> = {
  postgres: "pg_backend_pid()",
  mysql: "CONNECTION_ID()",
  mariadb: "CONNECTION_ID()",
  mssql: "@@SPID",
  oracle: "SYS_CONTEXT('USERENV', 'SID')",
};

/** A step that has not ended after this time counts as waiting for a lock. */
const WAITING_MS = 15;

/** Refusals that histories run into by their nature: constraints, lock waits, deadlocks, outdated snapshots. */
const EXPECTED = new Set<unknown>([
  ...["23503", "23505", "40001", "40P01", "55P03"],
  ...[1020, 1062, 1205, 1213, 1451, 1452],
  ...[547, 1222, 2601, 2627, 3960],
  ...["ORA-00001", "ORA-00060", "ORA-01400", "ORA-02291", "ORA-02292", "ORA-08177"],
]);
const DEADLOCK = 1213;

const mysqlIsolation = (level: string): string => `SET SESSION TRANSACTION ISOLATION LEVEL ${level}`;

const ISOLATION: Readonly<Record<TestDialectName, (level: History["isolation"]) => string>> = {
  postgres: (level) => `SET default_transaction_isolation = '${level}'`,
  mysql: mysqlIsolation,
  mariadb: mysqlIsolation,
  mssql: (level) => `SET TRANSACTION ISOLATION LEVEL ${level}`,
  // It has no REPEATABLE READ.
  oracle: (level) =>
    `ALTER SESSION SET ISOLATION_LEVEL = ${level === "READ COMMITTED" ? level : "SERIALIZABLE"}`,
};

const SHORT_WAITS: Readonly<Record<TestDialectName, readonly string[]>> = {
  postgres: ["SET lock_timeout = '300ms'", "SET deadlock_timeout = '20ms'"],
  mysql: ["SET SESSION innodb_lock_wait_timeout = 1"],
  mariadb: ["SET SESSION innodb_lock_wait_timeout = 1"],
  mssql: ["SET LOCK_TIMEOUT 300"],
  oracle: [],
};

export async function openWorkers(source: TestDatabase, statementsOf = statements): Promise<Workers> {
  const dialect = source.settings.type;
  const workers = await Promise.all(
    Array.from({ length: SESSIONS }, async () =>
      createWorker(dialect, await openSession(source, dialect), statementsOf),
    ),
  );
  let pieces = 0;
  return {
    async play(steps) {
      for (const step of steps) {
        const worker = workers[step.session];
        if (worker === undefined) throw new Error(`no session ${step.session}`);
        pieces += 1;
        const done = worker.add(step.act, pieces);
        if (!worker.isWaiting()) {
          const cancel = new AbortController();
          await Promise.race([done, delay(WAITING_MS, undefined, cancel).catch(() => undefined)]);
          cancel.abort();
        }
        worker.markWaiting();
      }
    },
    async finish() {
      await Promise.all(workers.map((worker) => worker.add({ do: "commit" }, 0)));
    },
    connections: async () =>
      Promise.all(
        workers.map(async ({ session }) => {
          const from = dialect === "oracle" ? " FROM DUAL" : "";
          const sql = `SELECT ${OWN_CONNECTION[dialect]} AS ID${from}`;
          return String((await session.query(sql))[0]?.["ID"]);
        }),
      ),
    setIsolation: async (level) => {
      const sql = ISOLATION[dialect](level);
      await Promise.all(workers.map((worker) => worker.session.exec(sql)));
    },
  };
}

/** Short lock waits: what waits longer than this in a history waits for a transaction that cannot end. */
async function openSession(source: TestDatabase, dialect: TestDialectName): Promise<TestSession> {
  // Only PostgreSQL's administrator may shorten the time after which deadlocks are looked for.
  const session = await source.session({ admin: dialect === "postgres" });
  await session.exec(SHORT_WAITS[dialect]);
  return session;
}

function createWorker(dialect: TestDialectName, session: TestSession, statementsOf: typeof statements) {
  let last: Promise<void> = Promise.resolve();
  let pending = 0;
  let waiting = false;
  let open = false;
  let savepoint = false;

  async function end(how: "COMMIT" | "ROLLBACK"): Promise<void> {
    if (!open) return;
    open = false;
    savepoint = false;
    await session.exec(how).catch(ignoreExpected);
  }

  async function run(act: Step["act"], n: number): Promise<void> {
    if (act.do === "commit") return await end("COMMIT");
    if (act.do === "rollback") return await end("ROLLBACK");
    if (act.do === "rollback to savepoint") {
      if (savepoint) await session.exec("ROLLBACK TO SAVEPOINT s");
      return;
    }
    if (!open) await session.exec("BEGIN");
    open = true;
    if (act.do === "savepoint") {
      savepoint = true;
      return await session.exec("SAVEPOINT s");
    }
    try {
      for (const sql of statementsOf(act as Work, n)) await session.exec(sql);
    } catch (error) {
      ignoreExpected(error);
      // PostgreSQL allows nothing more in this transaction, on SQL Server it may be over. On MySQL it goes on without the
      // statement.
      if (!isMysqlLike(dialect) || (error as { errno?: unknown }).errno === DEADLOCK) await end("ROLLBACK");
    }
  }

  return {
    session,
    add(act: Step["act"], n: number): Promise<void> {
      pending += 1;
      last = last
        .then(() => run(act, n))
        .finally(() => {
          pending -= 1;
          if (pending === 0) waiting = false;
        });
      // The end of the history waits for it and reports it.
      last.catch(() => undefined);
      return last;
    },
    isWaiting: () => waiting,
    markWaiting: () => {
      waiting = pending > 0;
    },
  };
}

function ignoreExpected(error: unknown): void {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const { code, errno, number } = first as { code?: unknown; errno?: unknown; number?: unknown };
  if (![code, errno, number].some((one) => EXPECTED.has(one))) throw error;
}
