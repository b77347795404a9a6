import { createHash } from "node:crypto";
import type { Database } from "../../db/database.ts";
import type { Lock } from "../dialect.ts";

/** A user-level lock (MySQL manual, "Locking Functions"): names have at most 64 characters; gone with its connection. */
export async function acquireLock(db: Database, name: string): Promise<Lock | undefined> {
  const key = `sync-tool:${createHash("sha256").update(name, "utf8").digest("hex").slice(0, 40)}`;
  const session = await db.session();
  try {
    const [row] = await session.query("SELECT GET_LOCK(?, 0) AS held", [key]);
    if (String(row?.["held"]) !== "1") {
      await session.release();
      return undefined;
    }
  } catch (error) {
    await session.release();
    throw error;
  }
  return {
    isHeld: async () => {
      const [row] = await session.query("SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS held", [key]);
      return String(row?.["held"]) === "1";
    },
    release: () => session.release(),
  };
}
