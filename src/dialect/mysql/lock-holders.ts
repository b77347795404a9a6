import type { HolderFacts } from "../../contract/dialect.ts";
import type { Queryable, ResultRow } from "../../db/database.ts";
import { describe } from "./horizon.ts";

const facts = (row: ResultRow): HolderFacts => ({
  holder: `connection ${String(row["id"])}`,
  ...(row["user"] == null ? {} : { user: String(row["user"]) }),
  ...(row["age"] == null ? {} : { ageSeconds: Number(row["age"]) }),
});

/**
 * Who holds the table's metadata lock, which DDL waits for. MySQL shows it to whoever may read performance_schema, MariaDB
 * where its plugin METADATA_LOCK_INFO is there; else the oldest open transactions are named, as those that it may be.
 */
export async function lockHolders(db: Queryable, table: string): Promise<readonly HolderFacts[]> {
  for (const question of [
    `SELECT DISTINCT t.PROCESSLIST_ID AS id, t.PROCESSLIST_USER AS user, TIMESTAMPDIFF(SECOND, x.trx_started, NOW()) AS age
     FROM performance_schema.metadata_locks m JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID
     LEFT JOIN information_schema.INNODB_TRX x ON x.trx_mysql_thread_id = t.PROCESSLIST_ID
     WHERE m.OBJECT_TYPE = 'TABLE' AND m.OBJECT_SCHEMA = DATABASE() AND m.OBJECT_NAME = ? AND m.LOCK_STATUS = 'GRANTED'
       AND t.PROCESSLIST_ID <> CONNECTION_ID() ORDER BY age DESC LIMIT 5`,
    `SELECT DISTINCT m.THREAD_ID AS id, p.USER AS user, TIMESTAMPDIFF(SECOND, x.trx_started, NOW()) AS age
     FROM information_schema.METADATA_LOCK_INFO m LEFT JOIN information_schema.PROCESSLIST p ON p.ID = m.THREAD_ID
     LEFT JOIN information_schema.INNODB_TRX x ON x.trx_mysql_thread_id = m.THREAD_ID
     WHERE m.TABLE_SCHEMA = DATABASE() AND m.TABLE_NAME = ? AND m.THREAD_ID <> CONNECTION_ID() ORDER BY age DESC LIMIT 5`,
  ]) {
    // Where the instrument is off, as by default on MariaDB, the view is there and empty.
    const rows = await db.query(question, [table]).catch(() => []);
    if (rows.length > 0) return rows.map(facts);
  }
  const open = await describe(db, [], table);
  return open.map((one) => ({
    ...one,
    holder: one.holder.startsWith("connection") ? `perhaps ${one.holder}` : one.holder,
  }));
}
