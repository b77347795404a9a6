import type { Queryable } from "../../db/database.ts";
import { journalFaults } from "../journal-faults.ts";
import { sequenceName } from "../sequence-name.ts";

/** What is wrong with journals, by name (see journal-faults.ts). */
export async function readJournalFaults(
  db: Queryable,
  names: readonly string[],
  schema: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const faults = new Map<string, readonly string[]>();
  for (const name of names) {
    const rows = await db.query(
      `SELECT t.TABLE_NAME AS "name", CASE WHEN t.READ_ONLY = 'YES' THEN 'is read-only' END AS "state",
(SELECT MAX(g.TRIGGER_NAME) FROM ALL_TRIGGERS g WHERE g.TABLE_OWNER = t.OWNER AND g.TABLE_NAME = t.TABLE_NAME AND g.STATUS = 'ENABLED') AS "others",
(SELECT MAX(k.CONSTRAINT_NAME) FROM ALL_CONSTRAINTS k WHERE k.OWNER = t.OWNER AND k.TABLE_NAME = t.TABLE_NAME AND k.STATUS = 'ENABLED'
 AND (k.CONSTRAINT_TYPE IN ('U', 'R') OR (k.CONSTRAINT_TYPE = 'C' AND k.GENERATED = 'USER NAME'))) AS "constraints",
(SELECT MAX(c.COLUMN_NAME) FROM ALL_TAB_COLUMNS c WHERE c.OWNER = t.OWNER AND c.TABLE_NAME = t.TABLE_NAME AND c.NULLABLE = 'N'
 AND c.COLUMN_NAME NOT IN ('SYNC_ID', 'ACTION')) AS "mandatory",
(SELECT TO_CHAR(q.MAX_VALUE - q.LAST_NUMBER) FROM ALL_SEQUENCES q WHERE q.SEQUENCE_OWNER = t.OWNER AND q.SEQUENCE_NAME = ?) AS "positions_left"
FROM ALL_TABLES t WHERE t.OWNER = ${schema} AND t.TABLE_NAME = ?`,
      [sequenceName(name), name],
    );
    for (const row of rows) faults.set(String(row["name"]), journalFaults(row));
  }
  return faults;
}
