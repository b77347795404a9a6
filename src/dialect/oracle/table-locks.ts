import type { TableLock } from "../../contract/dialect.ts";
import type { Queryable } from "../../db/database.ts";
import { shownLocks } from "../locks-in.ts";
import { classifyError } from "./classify-error.ts";
import { SCHEMA } from "./introspect.ts";

/**
 * Locks on a whole table that row exclusive, which an INSERT takes, waits for: share (4), share row exclusive (5), exclusive (6)
 * ("Database Reference", V$LOCKED_OBJECT, LOCKED_MODE). Nobody waits to read. Nothing without SELECT on the views.
 */
export async function tableLocks(
  db: Queryable,
  tables: readonly string[],
): Promise<ReadonlyMap<string, TableLock>> {
  if (tables.length === 0) return new Map();
  return await shownLocks(
    () =>
      db.query(
        `SELECT DISTINCT o.OBJECT_NAME AS "name", 'session ' || s.SID || ',' || s.SERIAL# AS "holder", s.USERNAME AS "user", 0 AS "unreadable"
FROM V$LOCKED_OBJECT l INNER JOIN ALL_OBJECTS o ON o.OBJECT_ID = l.OBJECT_ID INNER JOIN V$SESSION s ON s.SID = l.SESSION_ID
WHERE l.LOCKED_MODE >= 4 AND s.SID <> TO_NUMBER(SYS_CONTEXT('USERENV', 'SID')) AND o.OWNER = ${SCHEMA}
AND o.OBJECT_NAME IN (${tables.map(() => "?").join(", ")})`,
        tables,
      ),
    (error) => /^(auth|schema)$/.test(classifyError(error).class),
  );
}
