import type { Queryable } from "../../db/database.ts";

/** Oracle has no RELEASE SAVEPOINT; the same name saves anew ("SQL Language Reference", "SAVEPOINT"). */
export async function savepoint<T>(tx: Queryable, work: () => Promise<T>): Promise<T> {
  await tx.execute("SAVEPOINT sync_tool");
  try {
    return await work();
  } catch (error) {
    await tx.execute("ROLLBACK TO SAVEPOINT sync_tool").catch(() => undefined);
    throw error;
  }
}
