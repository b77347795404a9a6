/**
 * Who may have drawn a position and not inserted its row yet. The row's lock, which the probe meets, comes a moment after
 * the number: a server thread that stands still in between (a paused machine, a slow disk) leaves nothing to meet. So the
 * statements at work are noted after the position was seen, and waited for.
 */
import type { Database, Queryable } from "../../db/database.ts";
import { UNSEEN } from "../../journal/horizon.ts";
import { monotonic } from "../../util/monotonic.ts";
import { sleep } from "../../util/sleep.ts";
import { classifyError } from "./classify-error.ts";
import { quote } from "./connect.ts";

/** Statements that certainly concern the journal (`holders`), or may as far as can be seen (`suspects`). */
export interface AtWork {
  readonly holders: ReadonlySet<string>;
  readonly suspects: ReadonlySet<string>;
}

const NOBODY: ReadonlySet<string> = new Set();

/** Stands for whoever has the journal open, where nothing tells who that is: gone once nobody has. */
const SOMEBODY = "somebody";

/** Everybody may see whether a statement has the journal open, others who it is: the best evidence first. */
export async function statementsAtWork(db: Database, journal: string): Promise<AtWork> {
  if (!(await isInUse(db, journal))) return { holders: NOBODY, suspects: NOBODY };
  const writers = await ifShown(db, "locks", () => lockingStatements(db, journal));
  if (writers !== undefined) return { holders: writers, suspects: NOBODY };
  const suspects = await ifShown(db, "transactions", () => changingStatements(db));
  return { holders: NOBODY, suspects: suspects ?? new Set([SOMEBODY]) };
}

const MOMENTS = 3;
const MOMENT_MS = 5;
const schemas = new WeakMap<Queryable, string>();

/**
 * Whether a statement has the journal open. One that fires our triggers opens it before it draws a number, and has it open until
 * it has ended: then its row is there, and locked until its transaction has ended. Whoever may read a table is told of it (MySQL
 * manual, "SHOW OPEN TABLES"). Readers count too, but for a moment only.
 */
async function isInUse(db: Database, journal: string): Promise<boolean> {
  const schema = schemas.get(db) ?? String((await db.query("SELECT DATABASE() AS name"))[0]?.["name"]);
  schemas.set(db, schema);
  // A backslash would escape; other wildcards only find more names.
  const statement = `SHOW OPEN TABLES FROM ${quote(schema)} LIKE ?`;
  for (let moment = 1; ; moment++) {
    const rows = await db.query(statement, [journal.replaceAll("\\", "_")]);
    const own = rows.find((row) => String(row["Table"]).toUpperCase() === journal.toUpperCase());
    if (Number(own?.["In_use"] ?? 0) === 0) return false;
    if (moment === MOMENTS) return true;
    await sleep(MOMENT_MS);
  }
}

/** A right that is missing now may be granted later. */
const ASK_AGAIN_MS = 60_000;
const refusedAt = new WeakMap<Queryable, Map<string, number>>();

/** Undefined when the server does not let this user see it, or has no such thing; it is not asked at every look. */
export async function ifShown<T>(
  db: Queryable,
  what: string,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const refused = refusedAt.get(db) ?? new Map<string, number>();
  refusedAt.set(db, refused);
  const before = refused.get(what);
  if (before !== undefined && monotonic() - before < ASK_AGAIN_MS) return undefined;
  try {
    const found = await ask();
    if (found === undefined) refused.set(what, monotonic());
    return found;
  } catch (error) {
    const { class: errorClass } = classifyError(error);
    if (errorClass !== "auth" && errorClass !== "schema") throw error;
    refused.set(what, monotonic());
    return undefined;
  }
}

/** A first row without a holder says that the server keeps track: the instrument is on, and no lock was left out. */
const TRACKED = `SELECT NULL AS holder, NULL AS id, NULL AS user FROM performance_schema.setup_instruments
WHERE NAME = 'wait/lock/metadata/sql/mdl' AND ENABLED = 'YES' AND @@performance_schema = 1
AND 0 = (SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Performance_schema_metadata_lock_lost')`;

/**
 * Sessions with a metadata lock on the journal to write to it. A statement that fires our triggers takes it when it opens
 * its tables, before it draws a number, and keeps it to the end of its transaction (MySQL manual, "Metadata Locking",
 * "The metadata_locks Table").
 */
const LOCKS = `SELECT CONCAT(m.OWNER_THREAD_ID, ':', m.OWNER_EVENT_ID) AS holder, t.PROCESSLIST_ID AS id, t.PROCESSLIST_USER AS user
FROM performance_schema.metadata_locks m JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID
WHERE m.OBJECT_TYPE = 'TABLE' AND m.OBJECT_SCHEMA = DATABASE() AND m.OBJECT_NAME = ? AND m.LOCK_STATUS = 'GRANTED'
AND m.LOCK_TYPE NOT IN ('INTENTION_EXCLUSIVE', 'SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ', 'SHARED_READ_ONLY')
AND (t.PROCESSLIST_ID IS NULL OR t.PROCESSLIST_ID <> CONNECTION_ID())`;

/** Of these, whoever is not between two statements. */
async function lockingStatements(db: Queryable, journal: string): Promise<ReadonlySet<string> | undefined> {
  const rows = await db.query(`${TRACKED} UNION ALL ${LOCKS} AND NOT (t.PROCESSLIST_COMMAND <=> 'Sleep')`, [
    journal,
  ]);
  if (!rows.some((row) => row["holder"] == null)) return undefined;
  return new Set(rows.flatMap((row) => (row["holder"] == null ? [] : [String(row["holder"])])));
}

/** Connection and user of every session with such a lock, idle or not; undefined where that is not shown. */
export async function lockHolders(
  db: Queryable,
  journal: string,
): Promise<readonly { readonly id: string; readonly user: string }[] | undefined> {
  const rows = await ifShown(db, "locks", () => db.query(`${TRACKED} UNION ALL ${LOCKS}`, [journal]));
  if (rows === undefined || !rows.some((row) => row["holder"] == null)) return undefined;
  return rows.flatMap((row) =>
    row["id"] == null ? [] : [{ id: String(row["id"]), user: String(row["user"] ?? "") }],
  );
}

/** InnoDB shows a copy of its list, made anew only when nobody has read it for a tenth of a second. */
const QUIET_MS = 150;
const LOOKS = 3;

interface List {
  /** The read that everybody waits for who comes before it begins. */
  next: Promise<ReadonlySet<string>> | undefined;
  readAt: number;
}
const lists = new WeakMap<Queryable, List>();

/**
 * Statements of transactions that have changed or locked something, anywhere on the server (PROCESS). One read serves
 * all tables: many close to each other would keep the server from making its copy anew.
 */
async function changingStatements(db: Database): Promise<ReadonlySet<string>> {
  const list = lists.get(db) ?? { next: undefined, readAt: Number.NEGATIVE_INFINITY };
  lists.set(db, list);
  list.next ??= (async () => {
    await sleep(Math.max(0, list.readAt + QUIET_MS - monotonic()));
    // From here on whoever comes has seen a position that this read might be too early for.
    list.next = undefined;
    try {
      return await freshList(db);
    } finally {
      list.readAt = monotonic();
    }
  })();
  return await list.next;
}

async function freshList(db: Database): Promise<ReadonlySet<string>> {
  for (let look = 1; ; look++) {
    const found = await readList(db);
    if (found !== undefined) return found;
    if (look === LOOKS) return new Set([UNSEEN]);
    await sleep(QUIET_MS);
  }
}

let asked = 0;

/** Undefined when the copy is older than the question: then our own statement is not in it. */
async function readList(db: Database): Promise<ReadonlySet<string> | undefined> {
  const mark = `${process.pid}.${++asked}`;
  const rows = await db.transaction(async (tx) => {
    // Our own transaction has to be one of InnoDB's, or it would not be in the list.
    await tx.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    return await tx.query(`SELECT /* ${mark} */ trx_mysql_thread_id AS id, trx_started AS started, trx_rows_modified + trx_lock_structs AS work,
trx_mysql_thread_id = CONNECTION_ID() AS own, trx_query LIKE '%/* ${mark} */%' AS fresh,
(SELECT COUNT(*) FROM information_schema.PROCESSLIST p WHERE p.ID = trx_mysql_thread_id AND p.COMMAND = 'Sleep') AS idle
FROM information_schema.INNODB_TRX`);
  });
  const isOn = (value: unknown): boolean => String(value) !== "0" && value != null;
  if (!rows.some((row) => isOn(row["own"]) && isOn(row["fresh"]))) return undefined;
  return new Set(
    rows
      .filter((row) => !isOn(row["own"]) && isOn(row["work"]) && !isOn(row["idle"]))
      .map((row) => `${String(row["id"])}:${String(row["started"])}`),
  );
}
