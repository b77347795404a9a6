import { createHash } from "node:crypto";
import type { Database, Session } from "../../db/database.ts";
import type { Lock } from "../dialect.ts";
import { classifyError } from "./classify-error.ts";

/** A table of ours beside the dead letters: one row for each lock. DBMS_LOCK would need a grant of its own. */
export const LOCKS = "SYNC_LOCKS";

/**
 * A row lock, kept by a transaction that does nothing else; gone with its connection, whose transaction the server rolls
 * back ("Database Concepts", "Locks").
 */
export async function acquireLock(db: Database, name: string): Promise<Lock | undefined> {
  const key = createHash("sha256").update(name, "utf8").digest("hex");
  const session = await db.session();
  try {
    if (!(await hasLocked(session, key))) {
      await makeRow(db, key);
      if (!(await hasLocked(session, key))) throw new Error("the row of the lock is not there");
    }
    const transaction = await transactionOf(session);
    return {
      isHeld: async () => transaction !== undefined && (await transactionOf(session)) === transaction,
      release: () => session.release(),
    };
  } catch (error) {
    await session.release();
    if (classifyError(error).code === "ORA-00054") return undefined;
    throw error;
  }
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

/** The transaction that the session is in, which is the one that holds the row. */
async function transactionOf(session: Session): Promise<string | undefined> {
  const [row] = await session.query(`SELECT DBMS_TRANSACTION.LOCAL_TRANSACTION_ID AS "ID" FROM DUAL`);
  return row?.["ID"] == null ? undefined : String(row["ID"]);
}
