import type { HolderFacts, Hole, Observation } from "../../contract/dialect.ts";
import type { Database, Queryable } from "../../db/database.ts";
import { classifyError } from "./classify-error.ts";
import { quote } from "./connect.ts";
import { lockHolders, statementsAtWork } from "./evidence.ts";

/**
 * The highest visible position and then, as far as the user's rights go, the statements at work that may have drawn one
 * before. The probe judges in each case.
 */
export async function observe(db: Database, journal: string): Promise<Observation> {
  const [row] = await db.query(`SELECT MAX(SYNC_ID) AS highest FROM ${quote(journal)}`);
  const highest = BigInt(String(row?.["highest"] ?? "0"));
  return { highest, ...(await statementsAtWork(db, journal)) };
}

type Verdict = "open" | "filled" | "dead";

/**
 * Asks InnoDB itself: a locking read meets the lock of a row that is inserted but not committed. One probe covers all
 * holes of a batch; only when it conflicts are they asked one by one. At READ COMMITTED no gap is locked, so inserts go
 * on; `lockRead` is the product's spelling of a shared locking read that does not wait.
 */
export function confirmWith(
  lockRead: string,
): (db: Queryable, journal: string, holes: readonly Hole[]) => Promise<readonly Verdict[]> {
  return async (db, journal, holes) => {
    const first = holes[0];
    const last = holes.at(-1);
    if (first === undefined || last === undefined) return [];
    const all = await probe(db, journal, lockRead, { first: first.first, last: last.last });
    if (all !== "open") return holes.map((hole) => (all.some((id) => within(hole, id)) ? "filled" : "dead"));
    const verdicts: Verdict[] = [];
    for (const hole of holes) {
      const found = await probe(db, journal, lockRead, hole);
      verdicts.push(found === "open" ? "open" : found.length > 0 ? "filled" : "dead");
      // What lies behind an open hole cannot be applied yet: no need to ask.
      if (found === "open") break;
    }
    return [...verdicts, ...holes.slice(verdicts.length).map((): Verdict => "open")];
  };
}

const within = (hole: Hole, id: bigint): boolean => id >= hole.first && id <= hole.last;

async function probe(
  db: Queryable,
  journal: string,
  lockRead: string,
  range: Hole,
): Promise<readonly bigint[] | "open"> {
  try {
    const rows = await db.query(
      `SELECT SYNC_ID AS id FROM ${quote(journal)} WHERE SYNC_ID BETWEEN ? AND ? ORDER BY SYNC_ID ${lockRead}`,
      [range.first.toString(), range.last.toString()],
    );
    return rows.map((row) => BigInt(String(row["id"])));
  } catch (error) {
    const { code, lockTimeout } = classifyError(error);
    if (lockTimeout === true) return "open";
    if (code === SYNTAX_ERROR) return await probeWaiting(db, journal, range);
    throw error;
  }
}

const SYNTAX_ERROR = "1064";

/** MySQL 5.7 has no NOWAIT: there the probe waits, as long as innodb_lock_wait_timeout of our sessions says. */
async function probeWaiting(
  db: Queryable,
  journal: string,
  range: Hole,
): Promise<readonly bigint[] | "open"> {
  try {
    const rows = await db.query(
      `SELECT SYNC_ID AS id FROM ${quote(journal)} WHERE SYNC_ID BETWEEN ? AND ? ORDER BY SYNC_ID LOCK IN SHARE MODE`,
      [range.first.toString(), range.last.toString()],
    );
    return rows.map((row) => BigInt(String(row["id"])));
  } catch (error) {
    if (classifyError(error).lockTimeout === true) return "open";
    throw error;
  }
}

/** When a transaction of INNODB_TRX began, in the session's time zone: the view tells it in that of the server's machine. */
export const STARTED = "CONVERT_TZ(trx_started, 'SYSTEM', @@SESSION.time_zone)";

const NOT_SHOWN = "not shown (GRANT PROCESS ON *.* to the user shows transactions)";

/**
 * The sessions that have the journal open to write to it, where the performance schema shows them; else the oldest
 * transactions of the server that have changed anything (PROCESS).
 */
export async function describe(
  db: Queryable,
  _holders: readonly string[],
  journal: string,
): Promise<readonly HolderFacts[]> {
  const holders = await lockHolders(db, journal);
  try {
    const found = await transactions(db, "t.trx_rows_modified > 0");
    if (holders === undefined) return found.slice(0, 3);
    return holders.map(({ id, user }) => {
      const holder = `connection ${id}`;
      return found.find((one) => one.holder === holder) ?? { holder, user };
    });
  } catch {
    return holders?.map(({ id, user }) => ({ holder: `connection ${id}`, user })) ?? [{ holder: NOT_SHOWN }];
  }
}

async function transactions(db: Queryable, condition: string): Promise<readonly HolderFacts[]> {
  const rows = await db.query(
    `SELECT t.trx_mysql_thread_id AS id, p.USER AS user, TIMESTAMPDIFF(SECOND, ${STARTED}, NOW()) AS age
     FROM information_schema.INNODB_TRX t LEFT JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
     WHERE t.trx_mysql_thread_id <> CONNECTION_ID() AND ${condition} ORDER BY t.trx_started LIMIT 100`,
  );
  return rows.map((row) => ({
    holder: `connection ${String(row["id"])}`,
    ...(row["user"] == null ? {} : { user: String(row["user"]) }),
    ...(row["age"] == null ? {} : { ageSeconds: Number(row["age"]) }),
  }));
}

/** All of the server: InnoDB does not tell of which database a transaction is. None without PROCESS. */
export async function openTransactions(db: Queryable): Promise<readonly HolderFacts[]> {
  try {
    const found = await transactions(db, "TRUE");
    return found.filter(({ ageSeconds = 0 }) => ageSeconds >= 1).slice(0, 20);
  } catch (error) {
    if (classifyError(error).class !== "auth") throw error;
    return [];
  }
}

/** InnoDB's own counter, read from the catalogue; MySQL 8 would answer from a day-old cache without the setting. */
export async function drawn(
  db: Queryable,
  journals: readonly string[],
): Promise<readonly bigint[] | undefined> {
  const rows = await db.query(
    "SELECT TABLE_NAME AS name, AUTO_INCREMENT AS next FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?)",
    [journals],
  );
  const next = new Map(rows.map((row) => [String(row["name"]), row["next"]]));
  if (journals.some((journal) => next.get(journal) == null)) return undefined;
  return journals.map((journal) => BigInt(String(next.get(journal))) - 1n);
}
