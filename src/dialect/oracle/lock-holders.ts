import type { HolderFacts } from "../../contract/dialect.ts";
import type { Queryable } from "../../db/database.ts";
import { SCHEMA } from "./introspect.ts";

/** Who has rows of the table locked ("V$LOCKED_OBJECT"); needs SELECT on the views. */
export async function lockHolders(db: Queryable, table: string): Promise<readonly HolderFacts[]> {
  const rows = await db.query(
    `SELECT DISTINCT s.SID || ',' || s.SERIAL# AS ID, s.USERNAME AS NAME, s.LAST_CALL_ET AS AGE
FROM V$LOCKED_OBJECT l INNER JOIN ALL_OBJECTS o ON o.OBJECT_ID = l.OBJECT_ID INNER JOIN V$SESSION s ON s.SID = l.SESSION_ID
WHERE o.OWNER = ${SCHEMA} AND o.OBJECT_NAME = ?`,
    [table],
  );
  return rows.map((row) => ({
    holder: `session ${String(row["ID"])}`,
    user: String(row["NAME"]),
    ageSeconds: Number(row["AGE"]),
  }));
}
