import type { HolderFacts, Hole, Observation } from "../../contract/dialect.ts";
import type { Queryable, ResultRow } from "../../db/database.ts";
import { quote } from "./connect.ts";

/**
 * Reads the highest visible position and, in the same statement but later, the transactions that hold the lock every
 * writer takes on the journal before it draws a position. pg_locks is read live, after the statement's snapshot was
 * taken: a transaction that ended in between is visible to the next statement. A transaction goes by its session and by
 * its own id: PREPARE TRANSACTION leaves it open, listed in pg_locks, but without the session.
 */
export async function observe(db: Queryable, journal: string): Promise<Observation> {
  const [row] = await db.query(
    `SELECT (SELECT max(sync_id) FROM ${quote(journal)}) AS highest,
            (WITH locks AS MATERIALIZED (SELECT * FROM pg_locks WHERE granted),
                  writers AS (SELECT pid, virtualtransaction FROM locks
                    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND relation = to_regclass(?)
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                      AND pid IS DISTINCT FROM pg_backend_pid())
             SELECT string_agg(DISTINCT holder, ' ') FROM (
               SELECT pid || ':' || virtualtransaction AS holder FROM writers WHERE pid IS NOT NULL
               UNION SELECT 'xid:' || l.transactionid FROM writers w JOIN locks l
                 ON l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock'
                AND l.virtualtransaction = w.virtualtransaction AND l.pid IS NOT DISTINCT FROM w.pid) AS h) AS holders`,
    [quote(journal)],
  );
  const holders = row?.["holders"];
  return {
    highest: BigInt(String(row?.["highest"] ?? "0")),
    holders: new Set(typeof holders === "string" ? holders.split(" ") : []),
  };
}

/** The evidence alone decides: once the holders are gone, the read that follows sees all there will ever be. */
export async function confirm(
  _db: Queryable,
  _journal: string,
  holes: readonly Hole[],
): Promise<readonly "dead"[]> {
  return holes.map(() => "dead");
}

/** User and age of the transactions, as far as pg_stat_activity and pg_prepared_xacts show them to us. */
export async function describe(db: Queryable, holders: readonly string[]): Promise<readonly HolderFacts[]> {
  const rows = await db.query(
    `SELECT 'backend ' || pid AS holder, usename::text AS "user", extract(epoch FROM clock_timestamp() - xact_start)::int AS age
       FROM pg_stat_activity WHERE pid::text = ANY (?)
     UNION ALL
     SELECT 'prepared transaction ' || gid, owner::text, extract(epoch FROM clock_timestamp() - prepared)::int
       FROM pg_prepared_xacts WHERE 'xid:' || transaction = ANY (?)`,
    [holders.map((holder) => holder.split(":")[0] ?? ""), holders],
  );
  return rows.map(factsOf);
}

const factsOf = (row: ResultRow): HolderFacts => ({
  holder: String(row["holder"]),
  ...(row["user"] == null ? {} : { user: String(row["user"]) }),
  ...(row["age"] == null ? {} : { ageSeconds: Number(row["age"]) }),
});

/** Those of other users are shown to members of pg_read_all_stats alone ("The Cumulative Statistics System"). */
export async function openTransactions(db: Queryable): Promise<readonly HolderFacts[]> {
  const rows = await db.query(
    `SELECT 'backend ' || pid AS holder, usename::text AS "user", extract(epoch FROM clock_timestamp() - xact_start)::int AS age
       FROM pg_stat_activity WHERE datname = current_database() AND xact_start < clock_timestamp() - interval '1 second'
        AND pid <> pg_backend_pid() AND backend_type = 'client backend'
     UNION ALL
     SELECT 'prepared transaction ' || gid, owner::text, extract(epoch FROM clock_timestamp() - prepared)::int
       FROM pg_prepared_xacts WHERE database = current_database() ORDER BY age DESC LIMIT 20`,
  );
  return rows.map(factsOf);
}

/** A sequence's own row tells; it needs SELECT on the sequence, without which the journals are read instead. */
export async function drawn(
  db: Queryable,
  journals: readonly string[],
): Promise<readonly bigint[] | undefined> {
  // pg_sequence_last_value (PostgreSQL 10 and newer) is NULL before the first value, and without the privilege an error:
  // so the privilege is asked for first.
  const rows = await db.query(
    `SELECT CASE WHEN has_sequence_privilege(q.sequence, 'SELECT')
                 THEN coalesce(pg_sequence_last_value(q.sequence::regclass), 0) END AS drawn
       FROM unnest(?::text[]) WITH ORDINALITY AS j(name, n),
            pg_get_serial_sequence(j.name, 'sync_id') AS q(sequence) ORDER BY n`,
    [journals.map(quote)],
  );
  if (rows.length !== journals.length || rows.some((row) => row["drawn"] === null)) return undefined;
  return rows.map((row) => BigInt(String(row["drawn"])));
}
