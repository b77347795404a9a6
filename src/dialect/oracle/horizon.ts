import type { HolderFacts, Hole, Observation } from "../../contract/dialect.ts";
import { isMoment, recentMoments } from "../../contract/elapsed-time.ts";
import { objectNames } from "../../contract/object-names.ts";
import type { Queryable } from "../../db/database.ts";
import { monotonic } from "../../util/monotonic.ts";
import { classifyError } from "./classify-error.ts";
import { quote } from "./connect.ts";
import { SCHEMA } from "./introspect.ts";

/** How long a hole waits where transactions are not shown: longer than any transaction of WSO2's products lasts. */
const BLIND_WAIT_MS = 300_000;

/** What a run needs to see transactions; doctor and the grants script name the same. */
export const TRANSACTION_VIEWS = [
  "GV_$LOCKED_OBJECT",
  "GV_$TRANSACTION",
  "GV_$SESSION",
  "DBA_2PC_PENDING",
] as const;

/**
 * The highest visible position and then the transactions that may still make one visible: a trigger draws a position
 * while its statement holds the table's lock, which lasts to the end of the transaction ("Database Concepts", "Table
 * Locks"; it has its transaction's number by then, since the row is changed before). The GV$ views show those of all
 * instances, and a pluggable database its own only. Without SELECT on them time decides.
 */
export async function observe(db: Queryable, journal: string): Promise<Observation> {
  const [row] = await db.query(`SELECT MAX("SYNC_ID") AS "highest" FROM ${quote(journal)}`);
  return { highest: BigInt(String(row?.["highest"] ?? "0")), holders: await writers(db, journal) };
}

const HOLDER = (alias: string): string =>
  `${alias}.INST_ID || ':' || ${alias}.XIDUSN || '.' || ${alias}.XIDSLOT || '.' || ${alias}.XIDSQN`;

/**
 * Transactions with a lock on the journal or on the table whose triggers write to it, which is found by their names: what
 * they depend on is not shown to a user that was only granted the tables. A distributed one that no session has
 * at the moment, or that was prepared, need not show its locks, and one that outlived a restart is in DBA_2PC_PENDING
 * alone ("Database Reference"): those count whatever they changed.
 */
async function writers(db: Queryable, journal: string): Promise<ReadonlySet<string>> {
  // A table's name is cut for its journal no shorter than for its triggers.
  const { insertTrigger, updateTrigger, deleteTrigger } = objectNames(journal.replace(/_s$/i, ""));
  try {
    const rows = await db.query(
      `SELECT ${HOLDER("l")} AS HOLDER FROM GV$LOCKED_OBJECT l WHERE l.XIDUSN <> 0 AND l.OBJECT_ID IN (
SELECT o.OBJECT_ID FROM ALL_OBJECTS o WHERE o.OWNER = ${SCHEMA} AND o.OBJECT_TYPE LIKE 'TABLE%' AND (o.OBJECT_NAME = ?
OR o.OBJECT_NAME IN (SELECT g.TABLE_NAME FROM ALL_TRIGGERS g WHERE g.OWNER = ${SCHEMA} AND g.TRIGGER_NAME IN (?, ?, ?))))
UNION SELECT ${HOLDER("t")} FROM GV$TRANSACTION t WHERE t.STATUS = 'PREPARED'
OR NOT EXISTS (SELECT 1 FROM GV$SESSION s WHERE s.INST_ID = t.INST_ID AND s.TADDR = t.ADDR)
UNION SELECT 'in doubt:' || p.LOCAL_TRAN_ID FROM DBA_2PC_PENDING p WHERE p.STATE IN ('collecting', 'prepared')`,
      [journal, insertTrigger, updateTrigger, deleteTrigger],
    );
    return new Set(rows.map((row) => String(row["HOLDER"])));
  } catch (error) {
    if (!NOT_SHOWN.has(classifyError(error).code)) throw error;
    return recentMoments(monotonic(), BLIND_WAIT_MS);
  }
}

const NOT_SHOWN = new Set(["ORA-00942", "ORA-01031", "ORA-41900"]);

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
    return [
      {
        holder: `not shown: time decides (GRANT SELECT ON SYS.${TRANSACTION_VIEWS.join(", SYS.")} shows transactions)`,
      },
    ];
  try {
    const rows = await db.query(
      `SELECT ${HOLDER("t")} AS HOLDER, s.USERNAME AS USERNAME,
ROUND((SYSDATE - t.START_DATE) * 86400) AS AGE
FROM GV$TRANSACTION t LEFT JOIN GV$SESSION s ON s.INST_ID = t.INST_ID AND s.TADDR = t.ADDR`,
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

/** Transactions that have changed something, where the views may be read; Oracle begins none before. */
export async function openTransactions(db: Queryable): Promise<readonly HolderFacts[]> {
  try {
    const rows = await db.query(
      `SELECT s.SID AS SID, s.USERNAME AS USERNAME, ROUND((SYSDATE - t.START_DATE) * 86400) AS AGE
FROM GV$TRANSACTION t INNER JOIN GV$SESSION s ON s.INST_ID = t.INST_ID AND s.TADDR = t.ADDR
WHERE t.START_DATE < SYSDATE - 1 / 86400 ORDER BY t.START_DATE FETCH FIRST 20 ROWS ONLY`,
    );
    return rows.map((row) => ({
      holder: `session ${String(row["SID"])}`,
      ...(row["USERNAME"] == null ? {} : { user: String(row["USERNAME"]) }),
      ...(row["AGE"] == null ? {} : { ageSeconds: Number(row["AGE"]) }),
    }));
  } catch (error) {
    if (!NOT_SHOWN.has(classifyError(error).code)) throw error;
    return [];
  }
}
