import { hintFound } from "../config/problem.ts";
import { SyncError } from "../errors.ts";

/** The number of a flag, above 0; undefined when the flag was not given. Throws USAGE_INVALID. */
export function numberFlag(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
  throw new SyncError("USAGE_INVALID", {
    what: `${name} is ${hintFound(text)}`,
    next: `Give ${name} a number above 0`,
  });
}
