import type { Queryable } from "../../db/database.ts";
import type { HolderFacts, Hole, Observation } from "../dialect.ts";
import { isMoment, recentMoments } from "../elapsed-time.ts";
import { classifyError } from "./classify-error.ts";
import { quote } from "./connect.ts";
import { PASSING } from "./sql.ts";

/**
 * How long holes wait where the transactions are not shown. A position is drawn before its row is locked: at once for
 * one row, a sort or a growing log file later for a statement that changes many.
 */
const BLIND_WAIT_MS = 15_000;

/**
 * The highest visible position and then, where the login has VIEW SERVER STATE (2022: VIEW SERVER PERFORMANCE STATE), the
 * transactions that hold the journal's intent lock, which each keeps from before its first row to its end ("sys.
 * dm_tran_locks"). A login without it waits for a time; the probe of each hole is made in both cases.
 */
export async function observe(db: Queryable, journal: string): Promise<Observation> {
  const [row] = await db.query(`SELECT MAX([SYNC_ID]) AS highest FROM ${quote(journal)} ${PASSING}`);
  return { highest: BigInt(String(row?.["highest"] ?? "0")), holders: await writers(db, journal) };
}

async function writers(db: Queryable, journal: string): Promise<ReadonlySet<string>> {
  try {
    const rows = await db.query(
      `SELECT DISTINCT CONCAT(request_session_id, ':', request_owner_id) AS holder FROM sys.dm_tran_locks
WHERE resource_type = 'OBJECT' AND resource_database_id = DB_ID() AND resource_associated_entity_id = OBJECT_ID(?)
AND request_mode IN ('IX', 'SIX', 'X', 'BU', 'UIX') AND request_owner_type = 'TRANSACTION' AND request_session_id <> @@SPID`,
      [quote(journal)],
    );
    return new Set(rows.map((row) => String(row["holder"])));
  } catch (error) {
    if (classifyError(error).class !== "auth") throw error;
    return recentMoments(Date.now(), BLIND_WAIT_MS);
  }
}

type Verdict = "open" | "filled" | "dead";

/**
 * Asks for the holes with a locking read that does not wait: it meets the lock of a row that is inserted and not yet
 * committed (Transact-SQL reference, "Table Hints": NOWAIT is a lock timeout of zero for one table, READCOMMITTEDLOCK
 * locks also under READ_COMMITTED_SNAPSHOT). It keeps no lock. One probe covers all holes; only when it meets a lock are
 * they asked one by one.
 */
export async function confirm(
  db: Queryable,
  journal: string,
  holes: readonly Hole[],
): Promise<readonly Verdict[]> {
  const [first, last] = [holes[0], holes.at(-1)];
  if (first === undefined || last === undefined) return [];
  const all = await probe(db, journal, { first: first.first, last: last.last });
  if (all !== "open") return holes.map((hole) => (all.some((id) => isWithin(hole, id)) ? "filled" : "dead"));
  const verdicts: Verdict[] = [];
  for (const hole of holes) {
    const found = await probe(db, journal, hole);
    verdicts.push(found === "open" ? "open" : found.length > 0 ? "filled" : "dead");
    // What lies behind an open hole cannot be applied yet: no need to ask.
    if (found === "open") break;
  }
  return [...verdicts, ...holes.slice(verdicts.length).map((): Verdict => "open")];
}

const isWithin = (hole: Hole, id: bigint): boolean => id >= hole.first && id <= hole.last;

async function probe(db: Queryable, journal: string, range: Hole): Promise<readonly bigint[] | "open"> {
  try {
    const rows = await db.query(
      `SELECT [SYNC_ID] AS id FROM ${quote(journal)} WITH (READCOMMITTEDLOCK, NOWAIT)
WHERE [SYNC_ID] BETWEEN CONVERT(bigint, ?) AND CONVERT(bigint, ?) ORDER BY [SYNC_ID]`,
      [range.first.toString(), range.last.toString()],
    );
    return rows.map((row) => BigInt(String(row["id"])));
  } catch (error) {
    if (classifyError(error).lockTimeout === true) return "open";
    throw error;
  }
}

/** Login and age of the transactions' sessions. */
export async function describe(db: Queryable, holders: readonly string[]): Promise<readonly HolderFacts[]> {
  if (holders.some(isMoment))
    return [{ holder: "not shown: time decides (GRANT VIEW SERVER STATE to the login shows transactions)" }];
  const sessions = holders.flatMap((holder) => /^\d+/.exec(holder)?.[0] ?? []);
  if (sessions.length === 0) return [];
  const rows = await db.query(
    `SELECT s.session_id AS id, s.login_name AS [user], DATEDIFF(second, a.transaction_begin_time, GETDATE()) AS age
FROM sys.dm_exec_sessions AS s INNER JOIN sys.dm_tran_session_transactions AS x ON x.session_id = s.session_id
INNER JOIN sys.dm_tran_active_transactions AS a ON a.transaction_id = x.transaction_id
WHERE s.session_id IN (${sessions.map(() => "?").join(", ")})`,
    sessions,
  );
  return rows.map((row) => ({
    holder: `session ${String(row["id"])}`,
    ...(row["user"] == null ? {} : { user: String(row["user"]) }),
    ...(row["age"] == null ? {} : { ageSeconds: Number(row["age"]) }),
  }));
}
