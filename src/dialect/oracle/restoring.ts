import type { Queryable } from "../../db/database.ts";

/** Data Pump's imports of this user ("USER_DATAPUMP_JOBS"); another's are shown to administrators only. */
export async function restoring(db: Queryable): Promise<string | undefined> {
  const [row] = await db.query(
    "SELECT JOB_NAME FROM USER_DATAPUMP_JOBS WHERE OPERATION = 'IMPORT' AND STATE IN ('EXECUTING', 'DEFINING', 'IDLING')",
  );
  return row === undefined ? undefined : `the Data Pump job ${String(row["JOB_NAME"])}`;
}
