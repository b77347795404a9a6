import type { Key } from "../contract/change.ts";
import { exactKey } from "../journal/key-equality.ts";
import type { Difference } from "./difference.ts";
import type { PassCounts } from "./progress-state.ts";

/** Differences that were told of; of those that are no longer at hand only the number. */
export interface Confirmed {
  readonly differences: readonly Difference[];
  /** Keys of rows of the source that the target is not to have. */
  readonly leftOut: readonly Key[];
  readonly unknown: { readonly absent: number; readonly extra: number };
}

/** Keeps what a reading of a table found, to count it once more at the end. */
export interface ConfirmedRows {
  keep(differences: readonly Difference[]): void;
  /** Gives how many of them are new: some may be read twice. */
  leaveOut(keys: readonly Key[]): number;
  readonly now: Confirmed;
}

/** Keys that are kept, of either kind. */
const MOST = 10_000;

/** `before`: what another process found, of which only the number is known. */
export function createConfirmed(before: PassCounts, most = MOST): ConfirmedRows {
  const differences: Difference[] = [];
  const leftOut = new Map<string, Key>();
  let { extra } = before;
  let absent = before.missing + before.untransformable + before.leftOut;
  return {
    keep(all) {
      for (const difference of all) {
        if (differences.length < most) differences.push(difference);
        else if (difference.kind === "extra") extra += 1;
        else if (difference.kind !== "different") absent += 1;
      }
    },
    leaveOut(keys) {
      const fresh = keys.filter((key) => !leftOut.has(exactKey(key)));
      for (const key of fresh) {
        if (leftOut.size < most) leftOut.set(exactKey(key), key);
        else absent += 1;
      }
      return fresh.length;
    },
    get now() {
      return { differences, leftOut: [...leftOut.values()], unknown: { absent, extra } };
    },
  };
}
