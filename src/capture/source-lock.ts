import type { Dialect } from "../contract/dialect.ts";
import type { Database } from "../db/database.ts";
import { acquireLock, type Lock } from "../dialect/acquire-lock.ts";
import { SyncError } from "../errors.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Database;
}

/**
 * Does what changes capture on a source while nobody else does: of a `prepare` beside a `cleanup` the one would make triggers
 * for a journal that the other drops, and every write of a user would fail. Throws SOURCE_BUSY when another one is at work.
 */
export async function withSourceLock<T>(source: Side, work: () => Promise<T>): Promise<T> {
  const lock = await acquire(source);
  if (lock === undefined) {
    throw new SyncError("SOURCE_BUSY", {
      what: "Another `prepare` or `cleanup` is at work on this source",
      next: "Wait until it has ended, then give the command again",
    });
  }
  try {
    return await work();
  } finally {
    if (lock !== "none") await lock.release().catch(() => undefined);
  }
}

/** Whether a `prepare` or `cleanup` is at work on a source. */
export async function isPrepareAtWork(source: Side): Promise<boolean> {
  const lock = await acquire(source);
  if (lock === undefined) return true;
  if (lock !== "none") await lock.release().catch(() => undefined);
  return false;
}

/** "none": on Oracle a lock is a row of a table of ours, which is on the target alone. */
async function acquire({ dialect, db }: Side): Promise<Lock | "none" | undefined> {
  const { home } = await dialect.introspector.server(db);
  try {
    return await acquireLock(dialect, db, `${home}/capture`);
  } catch (error) {
    if (dialect.classifyError(error).class === "schema") return "none";
    throw error;
  }
}
