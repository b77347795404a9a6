import { hashHex, hashJson, isBlankHash, isHexHash, isJsonHash, wrapHash } from "../crypto/token-hash.ts";
import type { Step, TableStep } from "../step.ts";
import { hashColumns, overValues, type StoredValue } from "../stored-value.ts";

/** 5.7.0 groups purposes of consents (migration-resources, 5.7.0, consent): a row that names no group gets the client's. */
const PURPOSE: TableStep = {
  adds: ["PURPOSE_GROUP", "GROUP_TYPE"],
  transform: (row) => {
    const isDefault = row["NAME"] === "DEFAULT";
    const group = isDefault ? ["DEFAULT", "SP"] : ["SIGNUP", "SYSTEM"];
    return {
      row: {
        ...row,
        PURPOSE_GROUP: row["PURPOSE_GROUP"] ?? group[0] ?? null,
        GROUP_TYPE: row["GROUP_TYPE"] ?? group[1] ?? null,
      },
    };
  },
};

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
    if (table === "CM_PURPOSE") return PURPOSE;
    const adds = hashColumns(table);
    if (adds.length === 0) return undefined;
    return {
      readsValues: true,
      adds,
      transform: overValues(table, { token: (stored) => toJson(stored, hashAlgorithm) }),
    };
  },
  back: (table, { hashAlgorithm }) =>
    hashColumns(table).length === 0
      ? undefined
      : {
          readsValues: true,
          transform: overValues(table, { token: (stored) => toHex(stored, hashAlgorithm) }),
        },
};

/** What is hex already was written so by the reader. */
function toHex(stored: StoredValue, algorithm: string): StoredValue {
  const { value, hash } = stored;
  if (value === null || value === "") return { value, hash: null };
  if (hash === null || !isJsonHash(hash)) return stored;
  const { hash: hex, algorithm: named } = JSON.parse(hash) as { hash?: unknown; algorithm?: unknown };
  return { value, hash: typeof hex === "string" && named === algorithm ? hex : hashHex(value, algorithm) };
}

function toJson({ value, hash }: StoredValue, algorithm: string): StoredValue {
  if (value === null || value === "") return { value, hash: null };
  if (hash === null || isBlankHash(hash)) return { value, hash: hashJson(value, algorithm) };
  if (isJsonHash(hash)) return { value, hash };
  return { value, hash: isHexHash(hash, algorithm) ? wrapHash(hash, algorithm) : hashJson(value, algorithm) };
}
