import type { Queryable } from "../../db/database.ts";
import type { HolderFacts, Hole, Observation } from "../dialect.ts";
import { quote } from "./connect.ts";

/**
 * Reads the highest visible position and, in the same statement but later, the transactions that hold the lock every
 * writer takes on the journal before it draws a position. pg_locks is read live, after the statement's snapshot was
 * taken: a transaction that ended in between is visible to the next statement (PostgreSQL docs, "pg_locks": prepared
 * transactions are listed too, with their own virtual id).
 */
export async function observe(db: Queryable, journal: string): Promise<Observation> {
  const [row] = await db.query(
    `SELECT (SELECT max(sync_id) FROM ${quote(journal)}) AS highest,
            (SELECT string_agg(DISTINCT coalesce(l.pid::text, '') || ':' || l.virtualtransaction, ' ')
               FROM pg_locks l
              WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.relation = to_regclass(?)
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.pid IS DISTINCT FROM pg_backend_pid()) AS holders`,
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
    `SELECT pid, usename AS "user", extract(epoch FROM clock_timestamp() - xact_start)::int AS age
       FROM pg_stat_activity WHERE pid::text = ANY (?)`,
    [holders.map((holder) => holder.split(":")[0] ?? "")],
  );
  return holders.map((holder) => {
    const pid = holder.split(":")[0];
    if (pid === "") return { holder: "a prepared transaction" };
    const row = rows.find((candidate) => String(candidate["pid"]) === pid);
    return {
      holder: `backend ${pid}`,
      ...(row?.["user"] == null ? {} : { user: String(row["user"]) }),
      ...(row?.["age"] == null ? {} : { ageSeconds: Number(row["age"]) }),
    };
  });
}
