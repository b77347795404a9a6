import type { TestDialectName } from "./env.ts";
import type { TestDatabase } from "./servers/test-server.ts";
import { waitFor } from "./wait-for.ts";

const MYSQL =
  "SELECT COUNT(*) AS N FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p " +
  "ON p.ID = t.trx_mysql_thread_id WHERE p.DB = DATABASE() AND t.trx_state = 'LOCK WAIT'";

const WAITING: Readonly<Record<TestDialectName, string>> = {
  postgres:
    "SELECT count(*) AS N FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
  mysql: MYSQL,
  mariadb: MYSQL,
  mssql:
    "SELECT COUNT(*) AS N FROM sys.dm_exec_requests WHERE database_id = DB_ID() AND wait_type LIKE 'LCK[_]%'",
  oracle: "SELECT COUNT(*) AS N FROM V$SESSION WHERE BLOCKING_SESSION IS NOT NULL",
};

/** Waits until a statement in this database waits for a lock that another transaction holds. */
export async function waitUntilBlocked(database: TestDatabase): Promise<void> {
  const sql = WAITING[database.settings.type];
  const admin = await database.session({ admin: true });
  try {
    await waitFor(async () => String((await admin.query(sql))[0]?.["N"]) !== "0", {
      what: "a statement that waits for a lock",
      // InnoDB refreshes this view only when nobody has read it for 0.1 s.
      pollMs: 150,
    });
  } finally {
    await admin.close();
  }
}
