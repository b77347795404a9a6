import type { TableLock } from "../../contract/dialect.ts";
import type { Queryable } from "../../db/database.ts";
import { locksIn } from "../locks-in.ts";
import { quote } from "./connect.ts";

/**
 * Locks that conflict with ROW EXCLUSIVE, which an INSERT takes; ACCESS EXCLUSIVE with every read too (PostgreSQL docs,
 * "Table-Level Locks"). Everybody may read pg_locks. A prepared transaction has no session.
 */
export async function tableLocks(
  db: Queryable,
  tables: readonly string[],
): Promise<ReadonlyMap<string, TableLock>> {
  const rows = await db.query(
    `SELECT t.name, CASE WHEN l.pid IS NULL THEN 'prepared transaction ' || p.gid ELSE 'backend ' || l.pid END AS holder,
  coalesce(a.usename, p.owner)::text AS "user", bool_or(l.mode = 'AccessExclusiveLock') AS unreadable
FROM unnest(?::text[], ?::text[]) AS t(name, quoted) JOIN pg_locks l ON l.relation = to_regclass(t.quoted)
LEFT JOIN pg_stat_activity a ON a.pid = l.pid LEFT JOIN pg_prepared_xacts p ON l.virtualtransaction = '-1/' || p.transaction
WHERE l.granted AND l.pid IS DISTINCT FROM pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
GROUP BY 1, 2, 3 ORDER BY 2 LIMIT 1000`,
    [tables, tables.map(quote)],
  );
  return locksIn(rows);
}
