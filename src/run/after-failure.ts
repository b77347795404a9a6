import { originOf } from "../contract/origin.ts";
import { isPassing } from "../dialect/is-passing.ts";
import { SyncError } from "../errors.ts";
import { driverFailure, isBug } from "./driver-failure.ts";

/** What a failure of a group's work leads to: the same again, or its end. */
export type AfterFailure =
  | {
      readonly next: "again";
      /** In our words, for the log. */
      readonly reason: string;
      readonly code: string;
      /** Where it happened; undefined when no statement failed. */
      readonly side?: "source" | "target";
    }
  | { readonly next: "stop"; readonly error: unknown };

/**
 * Decides by the database that threw the error: codes of one mean something else in another. An error that no database
 * threw, or that none knows, is a bug and stays as it is.
 */
export function afterFailure(group: string, error: unknown): AfterFailure {
  if (error instanceof SyncError) {
    // Another runner moved on, or the lock is lost: back to waiting for the lock.
    if (error.code === "CHECKPOINT_MOVED") return { next: "again", reason: error.message, code: error.code };
    return { next: "stop", error };
  }
  const origin = originOf(error);
  if (origin === undefined) return { next: "stop", error };
  const { side, dialect } = origin;
  const found = dialect.classifyError(error);
  if (isBug(error, found)) return { next: "stop", error };
  if (isPassing(found.class))
    return { next: "again", reason: `${side} ${dialect.title}: ${found.reason}`, code: found.code, side };
  const refused = `${group}: the ${side} refused a statement`;
  return { next: "stop", error: driverFailure(dialect, error, refused, group) };
}
