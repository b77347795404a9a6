import type { ErrorClass } from "../contract/dialect.ts";

/** Failures after which the same work is simply done again. */
export function isPassing(errorClass: ErrorClass): boolean {
  return errorClass === "transient" || errorClass === "connection";
}
