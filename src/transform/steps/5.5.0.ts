import { receives } from "../by-name.ts";
import { hashHex, isBlankHash } from "../crypto/token-hash.ts";
import type { Step } from "../step.ts";
import { hashColumns, overValues, type StoredValue } from "../stored-value.ts";

/**
 * 5.5.0 added a hash column beside each token and code and filled it where it was blank, as bare hex. A missing token
 * (null, or '' which the server refuses to hash) has a null hash. Each value is judged on its own; WSO2's client passes
 * over the refresh token once the access token has a hash, which leaves a token that no lookup finds.
 */
export const step: Step = {
  version: "5.5.0",
  title: "hash tokens and codes",
  forTable: (table, { hashAlgorithm }) => {
    const adds = hashColumns(table);
    // Secrets of applications have no hash column; encrypted ones are encrypted anew, as tokens are.
    if (table === "IDN_OAUTH_CONSUMER_APPS") return { readsValues: true, transform: (row) => ({ row }) };
    if (adds.length === 0) return undefined;
    return {
      readsValues: true,
      adds,
      transform: overValues(table, { token: (stored) => hashBlank(stored, hashAlgorithm) }),
    };
  },
  back: (table, context) => {
    const dropped = hashColumns(table).filter((column) => !receives(context, column, "5.5.0"));
    if (dropped.length === 0) return undefined;
    return {
      transform: (row) => ({
        row: Object.fromEntries(Object.entries(row).filter(([column]) => !dropped.includes(column))),
      }),
    };
  },
};

function hashBlank({ value, hash }: StoredValue, algorithm: string): StoredValue {
  if (value === null || value === "") return { value, hash: null };
  return { value, hash: isBlankHash(hash) ? hashHex(value, algorithm) : hash };
}
