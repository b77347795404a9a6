import { hintFound } from "../config/problem.ts";
import { SyncError } from "../errors.ts";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A flag as 30s, 90m, 24h or 2d, in seconds; undefined when it was not given. Throws USAGE_INVALID. */
export function durationFlag(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS[unit ?? ""] ?? 0);
  if (seconds > 0) return seconds;
  throw new SyncError("USAGE_INVALID", {
    what: `${name} is ${hintFound(text)}`,
    next: `Give ${name} a time above 0 with its unit, as in 30s, 90m, 24h or 2d`,
  });
}
