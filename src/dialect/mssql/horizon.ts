import type { Position } from "../../contract/change.ts";
import type { HolderFacts, Hole, Observation } from "../../contract/dialect.ts";
import { isMoment, recentMoments } from "../../contract/elapsed-time.ts";
import type { Queryable, ResultRow } from "../../db/database.ts";
import { monotonic } from "../../util/monotonic.ts";
import { sequenceName } from "../sequence-name.ts";
import { classifyError } from "./classify-error.ts";
import { quote } from "./connect.ts";
import { PASSING } from "./sql.ts";

/**
 * How long holes wait where the transactions are not shown. A position is drawn before its row is locked: at once for
 * one row, a sort or a growing log file later for a statement that changes many.
 */
const BLIND_WAIT_MS = 15_000;

/**
 * The highest visible position and then, where the login has VIEW SERVER STATE (2022: VIEW SERVER PERFORMANCE STATE; Azure
 * SQL Database: VIEW DATABASE STATE), the transactions that hold the journal's intent lock ("sys.dm_tran_locks"). Each
 * keeps it from before its first row to its end, also with optimized locking, which lets go of rows and pages only
 * ("Optimized locking": object locks are not affected). A login without the right waits for a time; the probe of each
 * hole is made in both cases.
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
    return recentMoments(monotonic(), BLIND_WAIT_MS);
  }
}

type Verdict = "open" | "filled" | "dead";

/**
 * Asks for the holes with a locking read that does not wait: it meets the lock of a row that is inserted and not yet
 * committed ("Table Hints": NOWAIT is a lock timeout of zero for one table, READCOMMITTEDLOCK locks also under
 * READ_COMMITTED_SNAPSHOT, ROWLOCK meets no lock of a neighbour). With optimized locking it meets the lock of the
 * transaction that the row is stamped with ("Optimized locking", TID locking). It keeps no lock. One probe covers all
 * holes; only when it meets a lock are they asked one by one.
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
      `SELECT [SYNC_ID] AS id FROM ${quote(journal)} WITH (READCOMMITTEDLOCK, NOWAIT, ROWLOCK)
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
  // Session -2 stands for a distributed transaction whose coordinator is gone ("sys.dm_tran_locks").
  const orphans = holders.filter((holder) => holder.startsWith("-2:"));
  const orphaned = orphans.map(() => ({
    holder: "an orphaned distributed transaction (KILL with its UOW ends it)",
  }));
  const sessions = holders.flatMap((holder) => /^\d+/.exec(holder)?.[0] ?? []);
  if (sessions.length === 0) return orphaned;
  const rows = await db.query(
    `SELECT s.session_id AS id, s.login_name AS [user], DATEDIFF(second, a.transaction_begin_time, GETDATE()) AS age
FROM sys.dm_exec_sessions AS s INNER JOIN sys.dm_tran_session_transactions AS x ON x.session_id = s.session_id
INNER JOIN sys.dm_tran_active_transactions AS a ON a.transaction_id = x.transaction_id
WHERE s.session_id IN (${sessions.map(() => "?").join(", ")})`,
    sessions,
  );
  return [...rows.map(factsOf), ...orphaned];
}

const factsOf = (row: ResultRow): HolderFacts => ({
  holder: `session ${String(row["id"])}`,
  ...(row["user"] == null ? {} : { user: String(row["user"]) }),
  ...(row["age"] == null ? {} : { ageSeconds: Number(row["age"]) }),
});

/** The user transactions of other sessions in this database; none for a login that may not see them. */
export async function openTransactions(db: Queryable): Promise<readonly HolderFacts[]> {
  try {
    const rows = await db.query(
      `SELECT TOP (20) s.session_id AS id, s.login_name AS [user], DATEDIFF(second, a.transaction_begin_time, GETDATE()) AS age
FROM sys.dm_tran_database_transactions AS d INNER JOIN sys.dm_tran_session_transactions AS x ON x.transaction_id = d.transaction_id
INNER JOIN sys.dm_tran_active_transactions AS a ON a.transaction_id = d.transaction_id
INNER JOIN sys.dm_exec_sessions AS s ON s.session_id = x.session_id
WHERE d.database_id = DB_ID() AND x.is_user_transaction = 1 AND s.session_id <> @@SPID
AND a.transaction_begin_time < DATEADD(second, -1, GETDATE()) ORDER BY a.transaction_begin_time`,
    );
    return rows.map(factsOf);
  } catch (error) {
    if (classifyError(error).class !== "auth") throw error;
    return [];
  }
}

/**
 * The value that each sequence gave last, from its counter in memory ("sys.sequences", current_value: that of the most
 * recent NEXT VALUE FOR; before the first it is the starting value, so a journal never written to is read all the same).
 * A sequence that the user may not see is not in the answer ("Metadata visibility configuration").
 */
export async function drawn(
  db: Queryable,
  journals: readonly string[],
): Promise<readonly Position[] | undefined> {
  if (journals.length === 0) return [];
  const names = journals.map(sequenceName);
  const rows = await db.query(
    `SELECT q.name AS name, CONVERT(bigint, q.current_value) AS drawn FROM sys.sequences AS q
WHERE q.schema_id = SCHEMA_ID() AND q.name IN (${names.map(() => "?").join(", ")})`,
    names,
  );
  const values = new Map(
    rows.map((row) => [String(row["name"]).toUpperCase(), BigInt(String(row["drawn"]))]),
  );
  const found = names.flatMap((name) => values.get(name.toUpperCase()) ?? []);
  return found.length === names.length ? found : undefined;
}
