import { createHash } from "node:crypto";
import type { LockSession } from "../../contract/dialect.ts";
import type { Database } from "../../db/database.ts";

/** Session-level advisory locks (PostgreSQL docs, "Advisory Locks"): gone as soon as their connection is. */
export async function openLocks(db: Database): Promise<LockSession> {
  const session = await db.session();
  // A runner looks after its locks every second: one that is stopped must not keep them. Since PostgreSQL 14.
  await session.execute("SET idle_session_timeout = '2min'").catch(() => undefined);
  return {
    async take(name) {
      const [row] = await session.query("SELECT pg_try_advisory_lock(?::bigint) AS held", [keyOf(name)]);
      return row?.["held"] === "t";
    },
    async held(names) {
      // A 64-bit key stands in two columns of 32 bits, with objsubid 1 ("pg_locks").
      const rows = await session.query(
        `SELECT ((classid::bigint << 32) | objid::bigint)::text AS key FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid = pg_backend_pid()`,
      );
      const keys = new Set(rows.map((row) => String(row["key"])));
      return new Set(names.filter((name) => keys.has(keyOf(name))));
    },
    async give(name) {
      await session.query("SELECT pg_advisory_unlock(?::bigint)", [keyOf(name)]);
    },
    close: () => session.release(),
  };
}

function keyOf(name: string): string {
  return createHash("sha256").update(name, "utf8").digest().readBigInt64BE(0).toString();
}
