import { createHash } from "node:crypto";
import type { LockSession } from "../../contract/dialect.ts";
import type { Database, Session } from "../../db/database.ts";
import { classifyError } from "./classify-error.ts";

/** A table of ours beside the dead letters: one row for each lock. DBMS_LOCK would need a grant of its own. */
export const LOCKS = "SYNC_LOCKS";

/**
 * Row locks, kept by a transaction that does nothing else; gone with its connection, whose transaction the server rolls
 * back ("Database Concepts", "Locks"). A transaction gives rows back all at once: those that are to stay are locked anew
 * at once, and one that somebody took in between is no longer held.
 */
export async function openLocks(db: Database): Promise<LockSession> {
  const session = await db.session();
  const keys = new Set<string>();
  let transaction: string | undefined;

  async function lock(key: string): Promise<boolean> {
    try {
      if (!(await hasLocked(session, key))) {
        await makeRow(db, key);
        if (!(await hasLocked(session, key))) throw new Error("the row of the lock is not there");
      }
    } catch (error) {
      if (classifyError(error).code === "ORA-00054") return false;
      throw error;
    }
    keys.add(key);
    transaction = await transactionOf(session);
    return true;
  }

  return {
    take: (name) => lock(keyOf(name)),
    async held(names) {
      const isOpen = transaction !== undefined && (await transactionOf(session)) === transaction;
      return new Set(isOpen ? names.filter((name) => keys.has(keyOf(name))) : []);
    },
    async give(name) {
      const others = [...keys].filter((key) => key !== keyOf(name));
      keys.clear();
      await session.execute("ROLLBACK");
      for (const key of others) await lock(key);
    },
    close: () => session.release(),
  };
}

function keyOf(name: string): string {
  return createHash("sha256").update(name, "utf8").digest("hex");
}

/** False when there is no row to lock. Throws ORA-00054 when somebody else has it. */
async function hasLocked(session: Session, key: string): Promise<boolean> {
  const rows = await session.query(`SELECT "NAME" FROM "${LOCKS}" WHERE "NAME" = ? FOR UPDATE NOWAIT`, [key]);
  return rows.length > 0;
}

async function makeRow(db: Database, key: string): Promise<void> {
  try {
    await db.execute(`INSERT INTO "${LOCKS}" ("NAME") VALUES (?)`, [key]);
  } catch (error) {
    // Another runner was faster.
    if (classifyError(error).class !== "unique") throw error;
  }
}

/** The transaction that the session is in, which is the one that holds the rows. */
async function transactionOf(session: Session): Promise<string | undefined> {
  const [row] = await session.query(`SELECT DBMS_TRANSACTION.LOCAL_TRANSACTION_ID AS "ID" FROM DUAL`);
  return row?.["ID"] == null ? undefined : String(row["ID"]);
}
