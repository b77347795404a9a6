import { createHash } from "node:crypto";
import type { Key } from "../contract/change.ts";
import { exactKey } from "../journal/key-equality.ts";

/** Keys that are only asked for, not read back: 8 bytes each, however long they are. */
export interface IdSet {
  add(key: Key): void;
  has(key: Key): boolean;
}

const FIRST_SIZE = 1_024;

/** Keeps 64 bits of each key's digest: that a key which is not there is taken for one of 10 million has odds of 1 in 10^12. */
export function createIdSet(): IdSet {
  let ids = new BigUint64Array(FIRST_SIZE);
  let size = 0;
  let isSorted = true;
  return {
    add(key) {
      if (size === ids.length) {
        const larger = new BigUint64Array(2 * size);
        larger.set(ids);
        ids = larger;
      }
      ids[size++] = shortened(key);
      isSorted = false;
    },
    has(key) {
      if (!isSorted) ids.subarray(0, size).sort();
      isSorted = true;
      const wanted = shortened(key);
      let [low, high] = [0, size];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((ids[middle] ?? 0n) < wanted) low = middle + 1;
        else high = middle;
      }
      return low < size && ids[low] === wanted;
    },
  };
}

function shortened(key: Key): bigint {
  return createHash("sha256").update(exactKey(key), "utf8").digest().readBigUInt64LE();
}
