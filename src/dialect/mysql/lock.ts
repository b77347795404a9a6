import type { LockSession } from "../../contract/dialect.ts";
import type { Database } from "../../db/database.ts";
import { lockKey } from "../lock-key.ts";

/**
 * User-level locks, gone with their connection (MySQL manual, "Locking Functions": names have at most 64 characters; since
 * 5.7 a connection may have several, in MariaDB since 10.0.2).
 */
export async function openLocks(db: Database): Promise<LockSession> {
  const session = await db.session();
  return {
    async take(name) {
      const [row] = await session.query("SELECT GET_LOCK(?, 0) AS held", [lockKey(name)]);
      return String(row?.["held"]) === "1";
    },
    async held(names) {
      if (names.length === 0) return new Set();
      const columns = names.map((_, i) => `IS_USED_LOCK(?) = CONNECTION_ID() AS held${i}`);
      const [row] = await session.query(`SELECT ${columns.join(", ")}`, names.map(lockKey));
      return new Set(names.filter((_, i) => String(row?.[`held${i}`]) === "1"));
    },
    async give(name) {
      await session.query("SELECT RELEASE_LOCK(?)", [lockKey(name)]);
    },
    close: () => session.release(),
  };
}
