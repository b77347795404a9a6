import type { TableLock } from "../../contract/dialect.ts";
import type { Queryable } from "../../db/database.ts";
import { shownLocks } from "../locks-in.ts";
import { classifyError } from "./classify-error.ts";

/**
 * Locks on a whole table that IX, which an INSERT takes, waits for ("Transaction locking and row versioning guide", lock
 * compatibility); readers wait for X and Sch-M. Without VIEW SERVER STATE other sessions' are not shown ("sys.dm_tran_locks").
 */
export async function tableLocks(
  db: Queryable,
  tables: readonly string[],
): Promise<ReadonlyMap<string, TableLock>> {
  if (tables.length === 0) return new Map();
  return await shownLocks(
    () =>
      db.query(
        `SELECT DISTINCT o.name AS name, CONCAT('session ', l.request_session_id) AS holder, s.login_name AS [user],
  CASE WHEN l.request_mode IN (N'X', N'Sch-M') THEN 1 ELSE 0 END AS unreadable
FROM sys.dm_tran_locks AS l INNER JOIN sys.tables AS o ON o.object_id = l.resource_associated_entity_id
INNER JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id
WHERE l.resource_database_id = DB_ID() AND l.resource_type = N'OBJECT' AND l.request_status = N'GRANT' AND l.request_session_id <> @@SPID
AND l.request_mode IN (N'S', N'U', N'X', N'SIU', N'SIX', N'UIX', N'BU', N'Sch-M') AND o.schema_id = SCHEMA_ID()
AND o.name IN (${tables.map(() => "?").join(", ")})`,
        tables,
      ),
    (error) => classifyError(error).class === "auth",
  );
}
