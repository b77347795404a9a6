import type { HolderFacts } from "../../contract/dialect.ts";
import type { Queryable } from "../../db/database.ts";
import { quote } from "./connect.ts";

/**
 * Who keeps a trigger from being made: locks that conflict with SHARE ROW EXCLUSIVE (PostgreSQL docs, "Table-Level Locks"),
 * those of prepared transactions among them, which have no session.
 */
export async function lockHolders(db: Queryable, table: string): Promise<readonly HolderFacts[]> {
  const rows = await db.query(
    `SELECT DISTINCT CASE WHEN l.pid IS NULL THEN 'prepared transaction ' || p.gid ELSE 'backend ' || l.pid END AS holder,
       coalesce(a.usename, p.owner)::text AS "user",
       extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, p.prepared))::int AS age
     FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
     LEFT JOIN pg_prepared_xacts p ON l.virtualtransaction = '-1/' || p.transaction
     WHERE l.granted AND l.relation = to_regclass(?) AND l.pid IS DISTINCT FROM pg_backend_pid()
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
     ORDER BY age DESC NULLS LAST LIMIT 5`,
    [quote(table)],
  );
  return rows.map((row) => ({
    holder: String(row["holder"]),
    ...(row["user"] == null ? {} : { user: String(row["user"]) }),
    ...(row["age"] == null ? {} : { ageSeconds: Number(row["age"]) }),
  }));
}
