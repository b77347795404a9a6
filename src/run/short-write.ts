import type { RowFor } from "../apply/applier.ts";
import type { ConflictPolicy } from "../apply/conflict.ts";
import type { Dialect, PreparedWrite } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import type { NetSegment } from "../journal/net.ts";
import { writesOthers } from "./lanes.ts";

/**
 * Makes the net of some changes ready to be written the dialect's short way, in which rows and checkpoint go to the
 * target together. Undefined unless there are new images and nothing else, and for rows that could not be transformed:
 * their turn tells why.
 */
export async function prepareShortWrite(
  { prepareWrite }: Dialect,
  table: TablePlan,
  segments: readonly NetSegment[],
  rowFor: RowFor,
  keepOnUpdate: readonly string[],
  conflictPolicy: ConflictPolicy,
): Promise<PreparedWrite | undefined> {
  const [only, ...others] = segments;
  if (prepareWrite === undefined || only === undefined || others.length > 0) return undefined;
  if (only.deletes.length > 0 || only.replaced.length > 0 || writesOthers(table)) return undefined;
  if (conflictPolicy === "keep-target" && only.inserts.size > 0) return undefined;
  const areNew = only.upserts.every((change) => change.action === "INSERT");
  try {
    return await prepareWrite(table, only.upserts.map(rowFor), keepOnUpdate, areNew);
  } catch (error) {
    if (error instanceof SyncError && error.code === "TRANSFORM_FAILED") return undefined;
    throw error;
  }
}
