import type { Step } from "../step.ts";
import { hashColumns, overValues, type StoredValue } from "../stored-value.ts";
import { isBlank, isJsonHash, type TokenHasher, tokenHasher } from "../token-hash.ts";

/**
 * 5.7.0 changed the hash columns from bare hex to `{"hash":...,"algorithm":...}`.
 *
 * A hash in that form already stays word for word. Hex of the target's algorithm is wrapped, not computed anew: the
 * source finds the token by that very text. A blank hash, and hex of another algorithm (the target would look for
 * its own), are made from the token. A missing token keeps a null hash; WSO2's client makes
 * `{"algorithm":"SHA-256"}` of it, which no lookup can match and which says nothing.
 */
export const step: Step = {
  version: "5.7.0",
  title: "hashes with their algorithm, as JSON",
  forTable: (table, { hashAlgorithm }) => {
    const adds = hashColumns(table);
    if (adds.length === 0) return undefined;
    const hasher = tokenHasher(hashAlgorithm);
    return {
      readsValues: true,
      adds,
      transform: overValues(table, { token: (stored) => toJson(stored, hasher) }),
    };
  },
};

function toJson({ value, hash }: StoredValue, hasher: TokenHasher): StoredValue {
  if (value === null || value === "") return { value, hash: null };
  if (hash === null || isBlank(hash)) return { value, hash: hasher.json(hasher.hex(value)) };
  if (isJsonHash(hash)) return { value, hash };
  return { value, hash: hasher.json(hasher.isOwnHex(hash) ? hash : hasher.hex(value)) };
}
