import type { ErrorClass } from "../db/classified-error.ts";

/** Failures after which the same work is simply done again. */
export function isPassing(errorClass: ErrorClass): boolean {
  return errorClass === "transient" || errorClass === "connection";
}
