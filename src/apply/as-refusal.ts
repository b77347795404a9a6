import type { Dialect } from "../contract/dialect.ts";
import { originOf } from "../contract/origin.ts";
import type { ClassifiedError } from "../db/classified-error.ts";
import { SyncError } from "../errors.ts";
import { Overtaken } from "./overtaken.ts";
import { ChildrenLeft } from "./spare-children.ts";

/** A refusal of the row itself; undefined for anything that the whole batch has to be tried again for. */
export function asRefusal(dialect: Dialect, error: unknown): ClassifiedError | undefined {
  if (error instanceof ChildrenLeft || error instanceof Overtaken)
    return { class: "row", code: error.code, reason: error.reason };
  if (error instanceof SyncError) {
    return error.code === "TRANSFORM_FAILED"
      ? { class: "row", code: error.code, reason: error.message }
      : undefined;
  }
  // A look at the source inside the target's transaction may fail too: that is no matter of the row.
  const origin = originOf(error);
  if (origin?.side === "source") return undefined;
  const found = (origin?.dialect ?? dialect).classifyError(error);
  return found.class === "row" || found.class === "parent" || found.class === "unique" ? found : undefined;
}
