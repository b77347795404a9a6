import { createHash } from "node:crypto";
import { type Difference, differenceKey } from "./difference.ts";

/** Which differences of a table are told already: two pages, or the looks at both sides, may show one row. */
export interface Told {
  /** Whether it is to be told now. `isOwn`: a page of its own side shows it, so that no other one may be left to tell it. */
  isNew(difference: Difference, isOwn: boolean): boolean;
  readonly size: number;
  /** What tells them apart, for another process to go on from. */
  readonly names: readonly string[];
}

/** Differences that are known to be told. */
const MOST = 100_000;

/** 128 bits of what tells a difference from others: two of one table that share them would be told as one. */
const briefly = (difference: Difference): string =>
  createHash("sha256")
    .update(`${difference.side} ${differenceKey(difference)}`)
    .digest("base64")
    .slice(0, 22);

/** `before`: the names of those that another process told. */
export function createTold(before: readonly string[] = [], most = MOST): Told {
  const names = new Set(before);
  return {
    isNew(difference, isOwn) {
      // What cannot be remembered is told by its own side alone.
      if (!isOwn && names.size >= most) return false;
      const name = briefly(difference);
      if (names.has(name)) return false;
      if (names.size < most) names.add(name);
      return true;
    },
    get size() {
      return names.size;
    },
    get names() {
      return [...names];
    },
  };
}
