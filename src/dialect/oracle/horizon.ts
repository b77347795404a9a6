import type { Queryable } from "../../db/database.ts";
import type { HolderFacts, Hole, Observation } from "../dialect.ts";
import { isMoment, recentMoments } from "../elapsed-time.ts";
import { classifyError } from "./classify-error.ts";
import { quote } from "./connect.ts";
import { SCHEMA } from "./introspect.ts";

/** How long a hole waits where transactions are not shown: longer than any transaction of WSO2's products lasts. */
const BLIND_WAIT_MS = 300_000;

/**
 * The highest visible position and then the transactions that hold the table's lock, or the journal's: a trigger draws a
 * position while its statement holds the table's, which lasts to the end of the transaction ("Database Concepts", "Table
 * Locks"). GV$LOCKED_OBJECT shows those of all instances; without SELECT on it time decides.
 */
export async function observe(db: Queryable, journal: string): Promise<Observation> {
  const [row] = await db.query(`SELECT MAX("SYNC_ID") AS "highest" FROM ${quote(journal)}`);
  return { highest: BigInt(String(row?.["highest"] ?? "0")), holders: await writers(db, journal) };
}

async function writers(db: Queryable, journal: string): Promise<ReadonlySet<string>> {
  try {
    const rows = await db.query(
      `SELECT DISTINCT l.INST_ID || ':' || l.XIDUSN || '.' || l.XIDSLOT || '.' || l.XIDSQN AS HOLDER
FROM GV$LOCKED_OBJECT l WHERE l.XIDUSN <> 0 AND l.OBJECT_ID IN (
SELECT o.OBJECT_ID FROM ALL_OBJECTS o WHERE o.OWNER = ${SCHEMA} AND o.OBJECT_TYPE = 'TABLE' AND (o.OBJECT_NAME = ?
OR o.OBJECT_NAME IN (SELECT g.TABLE_NAME FROM ALL_TRIGGERS g INNER JOIN ALL_DEPENDENCIES d
ON d.OWNER = g.OWNER AND d.NAME = g.TRIGGER_NAME AND d.TYPE = 'TRIGGER'
WHERE g.OWNER = ${SCHEMA} AND d.REFERENCED_NAME = ?)))`,
      [journal, journal],
    );
    return new Set(rows.map((row) => String(row["HOLDER"])));
  } catch (error) {
    if (!["ORA-00942", "ORA-01031"].includes(classifyError(error).code)) throw error;
    return recentMoments(Date.now(), BLIND_WAIT_MS);
  }
}

/** The evidence alone decides: once the holders are gone, the read that follows sees all there will ever be. */
export async function confirm(
  _db: Queryable,
  _journal: string,
  holes: readonly Hole[],
): Promise<readonly "dead"[]> {
  return holes.map(() => "dead");
}

/** User and age of the transactions, as far as GV$TRANSACTION and GV$SESSION show them to us. */
export async function describe(db: Queryable, holders: readonly string[]): Promise<readonly HolderFacts[]> {
  if (holders.some(isMoment))
    return [{ holder: "not shown: time decides (GRANT SELECT ON SYS.GV_$LOCKED_OBJECT shows transactions)" }];
  try {
    const rows = await db.query(
      `SELECT t.INST_ID || ':' || t.XIDUSN || '.' || t.XIDSLOT || '.' || t.XIDSQN AS HOLDER, s.USERNAME AS USERNAME,
ROUND((SYSDATE - t.START_DATE) * 86400) AS AGE
FROM GV$TRANSACTION t INNER JOIN GV$SESSION s ON s.INST_ID = t.INST_ID AND s.TADDR = t.ADDR`,
    );
    return holders.map((holder) => {
      const row = rows.find((candidate) => candidate["HOLDER"] === holder);
      return {
        holder: `transaction ${holder}`,
        ...(row?.["USERNAME"] == null ? {} : { user: String(row["USERNAME"]) }),
        ...(row?.["AGE"] == null ? {} : { ageSeconds: Number(row["AGE"]) }),
      };
    });
  } catch {
    return holders.map((holder) => ({ holder: `transaction ${holder}` }));
  }
}
