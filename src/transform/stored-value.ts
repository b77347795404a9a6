/** Where stored tokens, codes and secrets are in the tables, and how a rule for one value becomes a rule for rows. */
import type { Row, Value } from "../row.ts";
import { storedAs } from "./crypto/decide.ts";
import { PLAIN_SOURCE } from "./crypto/profile.ts";
import type { RowTransformer } from "./step.ts";

/** A value and its hash column; `hash` is null where the table has none for it. */
export interface StoredValue {
  readonly value: string | null;
  readonly hash: string | null;
}

/**
 * One pure step for one value: what to store instead, or why not (never quoting the value). Handing back the very
 * object it was given leaves the row as it is; any other sets both columns, a null hash too.
 */
export type ValueStep = (stored: StoredValue) => StoredValue | { readonly refuse: string };

/** How stored values are read before the migration's own steps look at them. */
export interface ValueReaders {
  /** For access tokens, refresh tokens and authorization codes. */
  readonly token: ValueStep;
  /** For secrets of time-based one-time passwords. */
  readonly totp: ValueStep;
}

interface ValueColumn {
  readonly column: string;
  readonly hashColumn?: string;
  readonly kind: keyof ValueReaders;
}

const TOTP_KEYS: ReadonlySet<unknown> = new Set([
  "http://wso2.org/claims/identity/secretkey",
  "http://wso2.org/claims/identity/verifySecretkey",
]);

/** Whether a DATA_KEY says that its row holds a one-time-password secret. */
export const isTotpKey = (key: unknown): boolean => TOTP_KEYS.has(key);

/** The columns that hold tokens, codes or secrets, by table. DATA_VALUE does so in the rows of two DATA_KEYs only. */
export const VALUE_COLUMNS: ReadonlyMap<string, readonly ValueColumn[]> = new Map([
  [
    "IDN_OAUTH2_ACCESS_TOKEN",
    [
      { column: "ACCESS_TOKEN", hashColumn: "ACCESS_TOKEN_HASH", kind: "token" },
      { column: "REFRESH_TOKEN", hashColumn: "REFRESH_TOKEN_HASH", kind: "token" },
    ],
  ],
  [
    "IDN_OAUTH2_AUTHORIZATION_CODE",
    [{ column: "AUTHORIZATION_CODE", hashColumn: "AUTHORIZATION_CODE_HASH", kind: "token" }],
  ],
  // The secrets of applications go through the same processor as tokens, and are looked up by the application's key.
  ["IDN_OAUTH_CONSUMER_APPS", [{ column: "CONSUMER_SECRET", kind: "token" }]],
  ["IDN_IDENTITY_USER_DATA", [{ column: "DATA_VALUE", kind: "totp" }]],
]);

/** The hash columns of a table; empty when it has none. */
export function hashColumns(table: string): readonly string[] {
  return (VALUE_COLUMNS.get(table) ?? []).flatMap(({ hashColumn }) => hashColumn ?? []);
}

/**
 * Readers for a deployment that stores tokens plain and has told us no keys: plain tokens pass, all else is refused.
 * A TOTP secret is refused whatever it looks like, since no server of 5.x stores one plain.
 */
export const PLAIN_READERS: ValueReaders = {
  token: (stored) => {
    if (stored.value === null || stored.value === "") return stored;
    const found = storedAs(stored.value, stored.hash, PLAIN_SOURCE);
    return found === "plain" ? stored : { refuse: `is stored ${found}, and no token keys are configured` };
  },
  totp: (stored) =>
    stored.value === null || stored.value === ""
      ? stored
      : { refuse: "holds an encrypted one-time-password secret, and no keys are configured" },
};

/** Every stored value of a row, with its kind; values that are bytes are left out. */
export function storedValues(
  table: string,
  row: Row,
): readonly { readonly kind: keyof ValueReaders; readonly stored: StoredValue }[] {
  return (VALUE_COLUMNS.get(table) ?? []).flatMap((column) => {
    if (!holdsValue(row, column)) return [];
    const stored = storedOf(row, column);
    return stored === undefined ? [] : [{ kind: column.kind, stored }];
  });
}

/** Makes a row transformer of value steps: each value column of `table` goes through the step of its kind, on its own. */
export function overValues(table: string, steps: Partial<ValueReaders>): RowTransformer {
  const columns = VALUE_COLUMNS.get(table) ?? [];
  return (row) => {
    let changed: Record<string, Value> | undefined;
    for (const column of columns) {
      const step = steps[column.kind];
      if (step === undefined || !holdsValue(row, column)) continue;
      const stored = storedOf(row, column);
      if (stored === undefined) return { failure: `${column.column}: holds bytes where text is expected` };
      const result = step(stored);
      if (result === stored) continue;
      if ("refuse" in result) return { failure: `${column.column}: ${result.refuse}` };
      // One copy for all columns: copies of rows are most of what a transformation costs.
      changed ??= { ...row };
      changed[column.column] = result.value;
      if (column.hashColumn !== undefined) changed[column.hashColumn] = result.hash;
    }
    return { row: changed ?? row };
  };
}

function holdsValue(row: Row, { column, kind }: ValueColumn): boolean {
  return row[column] !== undefined && (kind !== "totp" || isTotpKey(row["DATA_KEY"]));
}

function storedOf(row: Row, { column, hashColumn }: ValueColumn): StoredValue | undefined {
  const value = row[column] ?? null;
  const hash = (hashColumn === undefined ? null : row[hashColumn]) ?? null;
  return value instanceof Uint8Array || hash instanceof Uint8Array ? undefined : { value, hash };
}
