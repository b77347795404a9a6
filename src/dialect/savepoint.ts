import type { Queryable } from "../db/database.ts";

/**
 * SAVEPOINT as PostgreSQL, MySQL and MariaDB spell it. When the failure took the whole transaction along (a deadlock
 * on MySQL does), there is nothing to go back to and the failure itself is what counts.
 */
export async function savepoint<T>(tx: Queryable, work: () => Promise<T>): Promise<T> {
  await tx.execute("SAVEPOINT sync_tool");
  try {
    const result = await work();
    await tx.execute("RELEASE SAVEPOINT sync_tool");
    return result;
  } catch (error) {
    await tx.execute("ROLLBACK TO SAVEPOINT sync_tool").catch(() => undefined);
    throw error;
  }
}
