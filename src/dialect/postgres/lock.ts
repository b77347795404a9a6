import { createHash } from "node:crypto";
import type { Database } from "../../db/database.ts";
import type { Lock } from "../dialect.ts";

/** A session-level advisory lock (PostgreSQL docs, "Advisory Locks"): gone as soon as its connection is. */
export async function acquireLock(db: Database, name: string): Promise<Lock | undefined> {
  const key = createHash("sha256").update(name, "utf8").digest().readBigInt64BE(0).toString();
  const session = await db.session();
  try {
    const [row] = await session.query("SELECT pg_try_advisory_lock(?::bigint) AS held", [key]);
    if (row?.["held"] !== "t") {
      await session.release();
      return undefined;
    }
  } catch (error) {
    await session.release();
    throw error;
  }
  return {
    isHeld: async () => {
      const rows = await session.query(
        "SELECT 1 AS held FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
      );
      return rows.length > 0;
    },
    release: () => session.release(),
  };
}
