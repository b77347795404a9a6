import type { Queryable } from "../../db/database.ts";

/**
 * A dump writes its rows in a form that no application does: back ticks and no list of columns. Shown are the sessions of this
 * user, to who has PROCESS all.
 */
export async function restoring(db: Queryable): Promise<string | undefined> {
  const [row] = await db.query(
    `SELECT ID AS id, USER AS user FROM information_schema.PROCESSLIST
     WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND INFO REGEXP '^INSERT INTO \`[^\`]+\` VALUES' ORDER BY ID LIMIT 1`,
  );
  if (row === undefined) return undefined;
  return `a dump's INSERT (connection ${String(row["id"])} of ${String(row["user"])})`;
}
