import type { ErrorClass } from "./dialect.ts";

/** Failures after which the same work is simply done again. */
export function isPassing(errorClass: ErrorClass): boolean {
  return errorClass === "transient" || errorClass === "connection";
}
