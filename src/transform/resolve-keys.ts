/** Finds the target's keys of a rekeyed table's rows: the id that the migration client gave a token, or a new one. */
import { createHash } from "node:crypto";
import type { Change } from "../contract/change.ts";
import { readByKey } from "../contract/read-rows.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Row, Value } from "../row.ts";
import { hashJson } from "./crypto/token-hash.ts";
import type { ReadValues } from "./read-values.ts";
import { type StoredValue, VALUE_COLUMNS, type ValueReaders } from "./stored-value.ts";

export type ResolveKeys = (changes: readonly Change[]) => Promise<readonly Change[]>;

/**
 * Each change, with the target's key. A row that the target holds is found by its token: by the hash of it, or where
 * the target has no hash column by the token itself; one statement for all. Any other gets an id made of that hash,
 * which is the same in every run and leads back to no token. Undefined for a table that is not rekeyed.
 */
export function keyResolver(
  table: TablePlan,
  target: Side,
  readValues: ReadValues,
  hashAlgorithm: string,
): ResolveKeys | undefined {
  const [key] = table.key;
  const looked = VALUE_COLUMNS.get(table.name)?.find(
    ({ column }) => column === key?.source.name.toUpperCase(),
  );
  if (!table.isRekeyed || key === undefined || looked === undefined) return undefined;
  const { column, hashColumn } = looked;
  const targetColumn = (name: string | undefined) =>
    table.targetColumns.find((candidate) => candidate.name === name)?.target;
  const hash = targetColumn(hashColumn);
  const found = hash ?? targetColumn(column);
  if (found === undefined) throw new Error(`${table.name} has no ${column} on the target`);

  /** What the target holds of each token, in the column that is looked into; tokens that are there only. */
  async function idsOf(tokens: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    if (key === undefined || found === undefined) return new Map();
    const distinct = [...new Set(tokens)].map((token) => [token]);
    const rows = await readByKey(target, table.target.name, [key.target, found], [found], distinct);
    return new Map(rows.map((row) => [String(row[found.name.toUpperCase()]), row[key.name] ?? null]));
  }

  return async (changes) => {
    const tokenRow = (change: Change): Row => ({ [column]: change.row[column] ?? null });
    const readers = await readValues(table.name, changes.map(tokenRow));
    const read = changes.map((change) => readToken(change.row[column] ?? null, readers, hashAlgorithm));
    const lookedFor = read.map((token) => (hash === undefined ? token.value : token.hash));
    const ids = await idsOf(lookedFor.filter((text) => text !== undefined));
    return changes.map((change, n): Change => {
      const token = read[n];
      const id = ids.get(lookedFor[n] ?? "") ?? stableId(token?.hash ?? String(change.row[column]));
      const failure = token?.failure === undefined ? {} : { keyFailure: `${column}: ${token.failure}` };
      return { ...change, key: { [key.name]: id }, ...failure };
    });
  };
}

interface ReadToken {
  readonly value?: string;
  readonly hash?: string;
  readonly failure?: string;
}

function readToken(value: Value, readers: ValueReaders, hashAlgorithm: string): ReadToken {
  if (typeof value !== "string") return { failure: "is no text" };
  const stored: StoredValue = { value, hash: null };
  const result = readers.token(stored);
  if ("refuse" in result) return { failure: result.refuse };
  return {
    value: result.value ?? value,
    hash: result.hash ?? hashJson(result.value ?? value, hashAlgorithm),
  };
}

/** An id in the form of a UUID (version 8: made by a rule of ours). */
export function stableId(text: string): string {
  const hex = createHash("sha256").update(`sync-tool id ${text}`, "utf8").digest("hex");
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
