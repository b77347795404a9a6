import { createHash } from "node:crypto";
import type { Database } from "../../db/database.ts";
import type { Lock } from "../dialect.ts";

/**
 * A session-owned application lock of the database (Transact-SQL reference, "sp_getapplock": 0 and 1 mean granted, -1
 * that somebody else holds it); gone with its connection. Every user may take one.
 */
export async function acquireLock(db: Database, name: string): Promise<Lock | undefined> {
  const key = `sync-tool:${createHash("sha256").update(name, "utf8").digest("hex").slice(0, 40)}`;
  const session = await db.session();
  try {
    const [row] = await session.query(
      `DECLARE @answer int;
EXEC @answer = sp_getapplock @Resource = ?, @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0;
SELECT @answer AS answer`,
      [key],
    );
    const answer = Number(row?.["answer"]);
    if (answer !== 0 && answer !== 1) {
      await session.release();
      return undefined;
    }
  } catch (error) {
    await session.release();
    throw error;
  }
  return {
    isHeld: async () => {
      const [row] = await session.query("SELECT APPLOCK_MODE('public', ?, 'Session') AS mode", [key]);
      return row?.["mode"] === "Exclusive";
    },
    release: () => session.release(),
  };
}
