import type { Position } from "../contract/change.ts";
import { SyncError } from "../errors.ts";

/** A change that cannot be brought to the target; `failure` names columns and facts, never a value. */
export function transformFailed(table: string, position: Position, failure: string): SyncError {
  return new SyncError("TRANSFORM_FAILED", {
    what: `${table}: the change at position ${position} cannot be transformed: ${failure}`,
    next: "Mend the row on the source or the configuration, then start the run again",
    at: { table, position },
  });
}
