import type { Queryable } from "../../db/database.ts";
import { classifyError } from "./classify-error.ts";

/**
 * SAVE TRANSACTION has no counterpart of RELEASE; the same name saves anew (Transact-SQL reference, "SAVE TRANSACTION").
 * A failed conversion, unlike a refused key, ends the whole transaction even without XACT_ABORT: then what follows would
 * be committed one by one, so the failure to go back is what counts, unless the work is tried again anyway.
 */
export async function savepoint<T>(tx: Queryable, work: () => Promise<T>): Promise<T> {
  await tx.execute("SAVE TRANSACTION sync_tool");
  try {
    return await work();
  } catch (error) {
    try {
      await tx.execute("ROLLBACK TRANSACTION sync_tool");
    } catch (ended) {
      const { class: found } = classifyError(error);
      throw found === "transient" || found === "connection" ? error : ended;
    }
    throw error;
  }
}
