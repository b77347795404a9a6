import { createHash } from "node:crypto";
import type { Queryable, ResultRow } from "../db/database.ts";
import type { ClassifiedError, Dialect } from "../dialect/dialect.ts";
import type { Change, Key, Position } from "../journal/change.ts";
import { exactKey } from "../journal/key-equality.ts";
import { asciiJson } from "../util/ascii-json.ts";

/** A change that the target refuses, set aside so that others can pass. The row itself stays in the journal. */
export interface DeadLetter {
  readonly table: string;
  /** First digits of the key's digest: names the letter on the command line. */
  readonly id: string;
  /** The key as JSON in ASCII, cut to what its column holds. */
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

/** Sets a change aside, in the transaction that passes it: a letter of the same key is replaced. */
export async function setAside(
  tx: Queryable,
  store: DeadLetterStore,
  table: string,
  change: Change,
  key: Key,
  error: ClassifiedError,
  now: Date,
): Promise<void> {
  const digest = keyDigest(key);
  const [before] = await tx.query(
    `SELECT attempts, first_seen FROM ${store.dialect.sql.quote(store.name)} WHERE table_name = ? AND row_key_digest = ?`,
    [table, digest],
  );
  const known = before === undefined ? undefined : byUpperName(before);
  const values = [
    change.position.toString(),
    error.reason,
    error.code,
    Number(known?.["ATTEMPTS"] ?? 0) + 1,
    now.toISOString(),
  ];
  if (known === undefined) {
    await tx.execute(
      `INSERT INTO ${store.dialect.sql.quote(store.name)}
(sync_id, reason, code, attempts, last_tried, first_seen, row_key, table_name, row_key_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [...values, now.toISOString(), asciiJson(exactKey(key)).slice(0, MAX_KEY_TEXT), table, digest],
    );
  } else {
    await tx.execute(
      `UPDATE ${store.dialect.sql.quote(store.name)} SET sync_id = ?, reason = ?, code = ?, attempts = ?, last_tried = ?
WHERE table_name = ? AND row_key_digest = ?`,
      [...values, table, digest],
    );
  }
}

/** Removes the letters of keys that were written meanwhile: a later change of a key supersedes its letter. */
export async function settle(
  tx: Queryable,
  store: DeadLetterStore,
  table: string,
  keys: readonly Key[],
): Promise<void> {
  const digests = [...new Set(keys.map(keyDigest))];
  for (let i = 0; i < digests.length; i += KEYS_PER_STATEMENT) {
    const part = digests.slice(i, i + KEYS_PER_STATEMENT);
    await tx.execute(
      `DELETE FROM ${store.dialect.sql.quote(store.name)} WHERE table_name = ? AND row_key_digest IN (${part.map(() => "?").join(", ")})`,
      [table, ...part],
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
  let asked = 0;
  for (const letter of letters) {
    asked += await db.execute(
      `UPDATE ${store.dialect.sql.quote(store.name)} SET last_tried = '' WHERE table_name = ? AND row_key_digest LIKE ?`,
      [letter.table, `${letter.id}%`],
    );
  }
  return asked;
}

/** Forgets letters for good: their changes will never reach the target. Gives how many were found. */
export async function discard(
  db: Queryable,
  store: DeadLetterStore,
  letters: readonly DeadLetter[],
): Promise<number> {
  let gone = 0;
  for (const letter of letters) {
    gone += await db.execute(
      `DELETE FROM ${store.dialect.sql.quote(store.name)} WHERE table_name = ? AND row_key_digest LIKE ? AND sync_id = ?`,
      [letter.table, `${letter.id}%`, letter.position.toString()],
    );
  }
  return gone;
}

/** Forgets all letters of a table, whose journal is begun anew. */
export async function forgetLetters(db: Queryable, store: DeadLetterStore, table: string): Promise<void> {
  await db.execute(`DELETE FROM ${store.dialect.sql.quote(store.name)} WHERE table_name = ?`, [table]);
}

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
