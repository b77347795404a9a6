import type { LockSession } from "../../contract/dialect.ts";
import type { Database } from "../../db/database.ts";
import { lockKey } from "../lock-key.ts";

/**
 * Session-owned application locks of the database (Transact-SQL reference, "sp_getapplock": 0 and 1 mean granted, -1
 * that somebody else holds it; "sp_releaseapplock"); gone with their connection. Every user may take them.
 */
export async function openLocks(db: Database): Promise<LockSession> {
  const session = await db.session();
  return {
    async take(name) {
      const [row] = await session.query(
        `DECLARE @answer int;
EXEC @answer = sp_getapplock @Resource = ?, @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0;
SELECT @answer AS answer`,
        [lockKey(name)],
      );
      const answer = Number(row?.["answer"]);
      return answer === 0 || answer === 1;
    },
    async held(names) {
      if (names.length === 0) return new Set();
      const columns = names.map((_, i) => `APPLOCK_MODE('public', ?, 'Session') AS held${i}`);
      const [row] = await session.query(`SELECT ${columns.join(", ")}`, names.map(lockKey));
      return new Set(names.filter((_, i) => row?.[`held${i}`] === "Exclusive"));
    },
    async give(name) {
      await session.execute("EXEC sp_releaseapplock @Resource = ?, @LockOwner = 'Session'", [lockKey(name)]);
    },
    close: () => session.release(),
  };
}
