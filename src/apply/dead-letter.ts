import { createHash } from "node:crypto";
import { ANCHOR_POSITION, type Key, type Position } from "../contract/change.ts";
import type { Dialect, Statement } from "../contract/dialect.ts";
import type { TargetTable } from "../contract/sync-plan.ts";
import type { Queryable, ResultRow } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { exactKey } from "../journal/key-equality.ts";
import { asciiJson } from "../util/ascii-json.ts";

/** A change that the target refuses, set aside so that others can pass. The row itself stays in the journal. */
export interface DeadLetter {
  readonly table: string;
  /** First digits of the key's digest: names the letter on the command line. */
  readonly id: string;
  /** The key's whole digest. */
  readonly digest: string;
  /** The key as text, cut to what its column holds. */
  readonly key: string;
  readonly position: Position;
  /** Our words for the database's code; never a value. */
  readonly reason: string;
  readonly code: string;
  readonly attempts: number;
  /** ISO 8601, UTC, by the runner's clock. `lastTried` is "" once a retry was asked for. */
  readonly firstSeen: string;
  readonly lastTried: string;
}

/** Where a schema's dead letters are kept, on the target. */
export interface DeadLetterStore {
  readonly dialect: Dialect;
  /** As `deadLettersName` gives it. */
  readonly name: string;
}

/**
 * Where the letter of a row stands that `copy` could not bring: no change of the journal tells of it. A `run` cannot try it
 * again; a later `copy` can, and so can `verify --repair`.
 */
export const COPY_LETTER: Position = ANCHOR_POSITION;

/** Parameters of one statement stay below every database's limit. */
const KEYS_PER_STATEMENT = 500;
const MAX_KEY_TEXT = 1_900;

/** Every letter of a schema, or of one table, oldest position first. */
export async function listDeadLetters(
  db: Queryable,
  store: DeadLetterStore,
  table?: string,
): Promise<readonly DeadLetter[]> {
  const where = table === undefined ? "" : " WHERE table_name = ?";
  const rows = await db.query(
    `SELECT table_name, row_key, row_key_digest, sync_id, reason, code, attempts, first_seen, last_tried
FROM ${store.dialect.sql.quote(store.name)}${where} ORDER BY sync_id`,
    table === undefined ? [] : [table],
  );
  return rows.map((row) => fromRow(byUpperName(row)));
}

/**
 * Writes letters, in the transaction that passes their changes; one of the same key is replaced. `letters` is the table
 * of the store, see `letterTable`.
 */
export async function writeLetters(
  tx: Queryable,
  { dialect }: DeadLetterStore,
  table: TargetTable,
  letters: readonly DeadLetter[],
): Promise<void> {
  if (letters.length === 0) return;
  const rows = letters.map((letter) => ({
    TABLE_NAME: letter.table,
    ROW_KEY: letter.key,
    ROW_KEY_DIGEST: letter.digest,
    SYNC_ID: letter.position.toString(),
    REASON: letter.reason,
    CODE: letter.code,
    ATTEMPTS: String(letter.attempts),
    FIRST_SEEN: letter.firstSeen,
    LAST_TRIED: letter.lastTried,
  }));
  await dialect.writeRows(tx, table, rows, []);
}

const tables = new WeakMap<DeadLetterStore, Promise<TargetTable>>();

/** The store's own table, as rows are written to it; asked for once for each store. */
export function letterTable(db: Queryable, store: DeadLetterStore): Promise<TargetTable> {
  const known = tables.get(store);
  if (known !== undefined) return known;
  const found = readLetterTable(db, store);
  tables.set(store, found);
  found.catch(() => tables.delete(store));
  return found;
}

async function readLetterTable(db: Queryable, { dialect, name }: DeadLetterStore): Promise<TargetTable> {
  const [target] = await dialect.introspector.tables(db, [name]);
  if (target === undefined) {
    throw new SyncError("NOT_PREPARED", {
      what: `${name} does not exist on the target`,
      next: "Run `sync-tool prepare`",
    });
  }
  const targetColumns = target.columns.map((column) => ({ name: column.name.toUpperCase(), target: column }));
  const isKey = (name: string): boolean => target.primaryKey.some((key) => key.toUpperCase() === name);
  return {
    target,
    targetColumns,
    key: targetColumns.filter(({ name: column }) => isKey(column)),
    targetUniqueKeys: [],
  };
}

/** Removes the letters of keys that were written meanwhile: a later change of a key supersedes its letter. */
export async function removeLetters(
  tx: Queryable,
  store: DeadLetterStore,
  table: string,
  digests: readonly string[],
): Promise<void> {
  await remove(tx, store, digests, { sql: "table_name = ?", params: [table] });
}

/** Removes letters of rows that `copy` could not bring and that the target has by now; those of changes stay. */
export async function removeCopyLetters(
  tx: Queryable,
  store: DeadLetterStore,
  table: string,
  digests: readonly string[],
): Promise<void> {
  const params = [table, COPY_LETTER.toString()];
  await remove(tx, store, digests, { sql: "table_name = ? AND sync_id = ?", params });
}

async function remove(
  tx: Queryable,
  store: DeadLetterStore,
  digests: readonly string[],
  of: { readonly sql: string; readonly params: readonly string[] },
): Promise<void> {
  for (let i = 0; i < digests.length; i += KEYS_PER_STATEMENT) {
    const part = digests.slice(i, i + KEYS_PER_STATEMENT);
    await tx.execute(
      `DELETE FROM ${store.dialect.sql.quote(store.name)} WHERE ${of.sql} AND row_key_digest IN (${part.map(() => "?").join(", ")})`,
      [...of.params, ...part],
    );
  }
}

/** Whether the row with this key is set aside. */
export async function isSetAside(
  tx: Queryable,
  store: DeadLetterStore,
  table: string,
  key: Key,
): Promise<boolean> {
  const rows = await tx.query(
    `SELECT sync_id FROM ${store.dialect.sql.quote(store.name)} WHERE table_name = ? AND row_key_digest = ?`,
    [table, keyDigest(key)],
  );
  return rows.length > 0;
}

/** Asks the runner to try letters again at its next pass. Gives how many were found. */
export async function askForRetry(
  db: Queryable,
  store: DeadLetterStore,
  letters: readonly DeadLetter[],
): Promise<number> {
  return await forLetters(letters, ({ sql, params }) =>
    db.execute(`UPDATE ${store.dialect.sql.quote(store.name)} SET last_tried = '' WHERE ${sql}`, params),
  );
}

/** Forgets letters for good: their changes will never reach the target. Gives how many were found. */
export async function discard(
  db: Queryable,
  store: DeadLetterStore,
  letters: readonly DeadLetter[],
): Promise<number> {
  return await forLetters(letters, ({ sql, params }) =>
    db.execute(`DELETE FROM ${store.dialect.sql.quote(store.name)} WHERE ${sql}`, params),
  );
}

/** Each statement for many; a letter whose row has another change by now is not the same any more. */
async function forLetters(
  letters: readonly DeadLetter[],
  execute: (where: Statement) => Promise<number>,
): Promise<number> {
  let found = 0;
  for (let i = 0; i < letters.length; i += KEYS_PER_STATEMENT) {
    const part = letters.slice(i, i + KEYS_PER_STATEMENT);
    found += await execute({
      sql: part.map(() => "(table_name = ? AND row_key_digest = ? AND sync_id = ?)").join(" OR "),
      params: part.flatMap(({ table, digest, position }) => [table, digest, position.toString()]),
    });
  }
  return found;
}

/** Forgets all letters of a table, whose journal is begun anew. */
export async function forgetLetters(db: Queryable, store: DeadLetterStore, table: string): Promise<void> {
  await db.execute(`DELETE FROM ${store.dialect.sql.quote(store.name)} WHERE table_name = ?`, [table]);
}

/** A key as people see it: one byte a character, so that every database counts the same length. */
export const keyText = (key: Key): string => asciiJson(exactKey(key)).slice(0, MAX_KEY_TEXT);

/** How a letter is named: the beginning of its key's digest. */
export const letterId = (digest: string): string => digest.slice(0, 12);

/** Digest under which a key is looked up, byte by byte. */
export function keyDigest(key: Key): string {
  return createHash("sha256").update(exactKey(key), "utf8").digest("hex");
}

const RETRY_FIRST_MS = 15_000;
const RETRY_CAP_MS = 600_000;

/** How long a letter that was tried so often is left alone: 15 s, doubling up to ten minutes. */
export function retryPauseMs(attempts: number): number {
  return Math.min(RETRY_CAP_MS, RETRY_FIRST_MS * 2 ** Math.min(attempts - 1, 20));
}

function fromRow(row: ResultRow): DeadLetter {
  return {
    table: String(row["TABLE_NAME"]),
    id: letterId(String(row["ROW_KEY_DIGEST"])),
    digest: String(row["ROW_KEY_DIGEST"]),
    key: String(row["ROW_KEY"]),
    position: BigInt(String(row["SYNC_ID"])),
    reason: String(row["REASON"]),
    code: String(row["CODE"]),
    attempts: Number(row["ATTEMPTS"]),
    firstSeen: String(row["FIRST_SEEN"]),
    lastTried: String(row["LAST_TRIED"] ?? ""),
  };
}

function byUpperName(row: ResultRow): ResultRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toUpperCase(), value]));
}
