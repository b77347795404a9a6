import type { HolderFacts } from "../../contract/dialect.ts";
import type { Queryable } from "../../db/database.ts";

/** Who holds a lock on the table ("sys.dm_tran_locks"); needs VIEW SERVER STATE, for other sessions than one's own. */
export async function lockHolders(db: Queryable, table: string): Promise<readonly HolderFacts[]> {
  const rows = await db.query(
    `SELECT DISTINCT TOP (5) l.request_session_id AS id, s.login_name AS [user],
  DATEDIFF(SECOND, s.last_request_start_time, SYSDATETIME()) AS age
FROM sys.dm_tran_locks AS l INNER JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id
WHERE l.resource_database_id = DB_ID() AND l.resource_type = N'OBJECT' AND l.request_status = N'GRANT'
AND l.resource_associated_entity_id = OBJECT_ID(?) AND l.request_session_id <> @@SPID ORDER BY age DESC`,
    [table],
  );
  return rows.map((row) => ({
    holder: `session ${String(row["id"])}`,
    user: String(row["user"]),
    ageSeconds: Number(row["age"]),
  }));
}
