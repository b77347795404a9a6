import type { Dialect } from "../../contract/dialect.ts";

/** The first statement of its transaction ("SQL Language Reference", "SET TRANSACTION"). */
export const snapshot: Dialect["snapshot"] = async (db, work) =>
  await db.transaction(async (tx) => {
    await tx.execute("SET TRANSACTION READ ONLY");
    return await work(tx);
  });
