import type { TableLock } from "../../contract/dialect.ts";
import type { Queryable } from "../../db/database.ts";
import { locksIn } from "../locks-in.ts";
import { classifyError } from "./classify-error.ts";
import { quote } from "./connect.ts";
import { ifShown } from "./evidence.ts";

/** Metadata locks that SHARED_WRITE, which an INSERT takes, waits for; a SELECT waits for the last two. */
const LOCKS = ["SHARED_READ_ONLY", "SHARED_NO_WRITE", "SHARED_NO_READ_WRITE", "EXCLUSIVE"];
const READERS_WAIT = "IN ('SHARED_NO_READ_WRITE', 'EXCLUSIVE')";

/** Where the performance schema keeps track of locks and the user may read it. */
const TRACKED = `SELECT m.OBJECT_NAME AS name, CONCAT('connection ', t.PROCESSLIST_ID) AS holder, t.PROCESSLIST_USER AS user, m.LOCK_TYPE ${READERS_WAIT} AS unreadable
FROM performance_schema.metadata_locks m JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID
WHERE m.OBJECT_TYPE = 'TABLE' AND m.OBJECT_SCHEMA = DATABASE() AND m.OBJECT_NAME IN (?) AND m.LOCK_STATUS = 'GRANTED'
AND m.LOCK_TYPE IN (?) AND t.PROCESSLIST_ID <> CONNECTION_ID() LIMIT 1000`;

/** MariaDB, where its plugin is there. */
const PLUGIN = `SELECT m.TABLE_NAME AS name, CONCAT('connection ', m.THREAD_ID) AS holder, p.USER AS user, SUBSTRING(m.LOCK_MODE, 5) ${READERS_WAIT} AS unreadable
FROM information_schema.METADATA_LOCK_INFO m LEFT JOIN information_schema.PROCESSLIST p ON p.ID = m.THREAD_ID
WHERE m.TABLE_SCHEMA = DATABASE() AND m.TABLE_NAME IN (?) AND SUBSTRING(m.LOCK_MODE, 5) IN (?) AND m.THREAD_ID <> CONNECTION_ID() LIMIT 1000`;

/**
 * Sessions that hold a lock which writers of these tables wait for (LOCK TABLES, DDL). Where none is shown, a read that waits a
 * second at most tells of locks that readers wait for too. `bounded` has a SELECT give up after a second, in the product's words.
 */
export function tableLocksWith(
  bounded: (select: string) => string,
): (db: Queryable, tables: readonly string[]) => Promise<ReadonlyMap<string, TableLock>> {
  const isFree = async (db: Queryable, tables: readonly string[]): Promise<boolean> => {
    const reads = tables.map((table) => `(SELECT 1 FROM ${quote(table)} LIMIT 1)`).join(" UNION ALL ");
    try {
      await db.query(bounded(`1 FROM (${reads}) AS r`));
      return true;
    } catch (error) {
      const { lockTimeout, class: found } = classifyError(error);
      if (lockTimeout === true) return false;
      // That a table is gone, or not to be read, others tell.
      if (found === "auth" || found === "schema") return true;
      throw error;
    }
  };
  return async (db, tables) => {
    if (tables.length === 0) return new Map();
    for (const question of [TRACKED, PLUGIN]) {
      const rows = await ifShown(db, question, () => db.query(question, [tables, LOCKS]));
      if (rows !== undefined && rows.length > 0) return locksIn(rows);
    }
    if (await isFree(db, tables)) return new Map();
    const isOne = tables.length === 1;
    const each = await Promise.all(
      tables.map(async (name) => ({ name, isHeld: isOne || !(await isFree(db, [name])) })),
    );
    const holder = "a session that the user may not see";
    return locksIn(each.flatMap(({ name, isHeld }) => (isHeld ? [{ name, holder, unreadable: 1 }] : [])));
  };
}
