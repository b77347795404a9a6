import type { Dialect } from "../../contract/dialect.ts";
import { snapshotBy } from "../snapshot.ts";

const atOneMoment = snapshotBy(["SET TRANSACTION ISOLATION LEVEL SNAPSHOT", "BEGIN TRANSACTION"]);
const oneByOne = snapshotBy([]);

/**
 * Row versions are kept only where the database allows it (Transact-SQL reference, "ALTER DATABASE SET options",
 * ALLOW_SNAPSHOT_ISOLATION; sys.databases, snapshot_isolation_state). Elsewhere each read sees a moment of its own: a
 * serializable transaction would make writers wait.
 */
export const snapshot: Dialect["snapshot"] = async (db, work) => {
  const [row] = await db.query(
    "SELECT snapshot_isolation_state AS state FROM sys.databases WHERE database_id = DB_ID()",
  );
  return await (Number(row?.["state"]) === 1 ? atOneMoment : oneByOne)(db, work);
};
