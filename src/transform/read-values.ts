/** How the stored tokens and secrets of a batch are read, all at once, before its rows are transformed one by one. */
import type { Row } from "../row.ts";
import type { CryptoPool } from "./crypto/crypto-pool.ts";
import type { Decision } from "./crypto/decide.ts";
import type { KeyProfiles } from "./crypto/key-config.ts";
import { PLAIN_READERS, type StoredValue, storedValues, type ValueReaders } from "./stored-value.ts";

/** Gives readers that know every stored value of these rows of a table (upper case). Rejects only for a bug. */
export type ReadValues = (table: string, rows: readonly Row[]) => Promise<ValueReaders>;

/** For two servers that store tokens plain, with no keys configured. */
export const readPlain: ReadValues = async () => PLAIN_READERS;

/** True when plain tokens pass as they are and there is no key for anything else. */
export function isPlainOnly({ source, target }: KeyProfiles): boolean {
  const hasKeys =
    source.keys.rsa.length + source.keys.symmetric.length > 0 || target.encryption !== undefined;
  return source.processor === "plain" && target.processor === "plain" && !hasKeys && !source.mixedRows;
}

/** Reads with the keys of both servers, on all cores; a value that occurs twice in a batch is decided on once. */
export function readByKeys(pool: CryptoPool): ReadValues {
  return async (table, rows) => {
    const jobs = new Map(
      rows
        .flatMap((row) => storedValues(table, row))
        .map(({ kind, stored }) => [identityOf(kind, stored), { kind, ...stored }]),
    );
    const decisions = await pool.decide([...jobs.values()]);
    const decided = new Map([...jobs.keys()].map((key, n) => [key, decisions[n]]));
    const reader = (kind: keyof ValueReaders) => (stored: StoredValue) =>
      outcome(decided.get(identityOf(kind, stored)), stored);
    return { token: reader("token"), totp: reader("totp") };
  };
}

function identityOf(kind: string, { value, hash }: StoredValue): string {
  return JSON.stringify([kind, value, hash]);
}

/** The very object it was given when nothing changes, as value steps promise. */
function outcome(decision: Decision | undefined, stored: StoredValue): Decision {
  if (decision === undefined) throw new Error("a stored value that was not read with its batch");
  if ("refuse" in decision) return decision;
  return decision.value === stored.value && decision.hash === stored.hash ? stored : decision;
}
