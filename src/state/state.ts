/**
 * What the commands of one schema remember for each other, on the target beside the checkpoints: a line for each thing, its
 * name before the slash its kind ("gap/IDN_OAUTH2_ACCESS_TOKEN"). Never a value of a row.
 */

import type { Dialect } from "../contract/dialect.ts";
import { stateName } from "../contract/object-names.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";

/** Where a schema's entries are. */
export interface StateTable {
  readonly dialect: Dialect;
  /** As `stateName` gives it. */
  readonly name: string;
}

export interface StateEntry {
  /** Whole: "gap/IDN_OAUTH2_ACCESS_TOKEN". */
  readonly key: string;
  /** What was written, read from JSON; undefined when it is none. */
  readonly value: unknown;
  /** When it was written, UTC by the target's clock: "2026-01-31 23:59:59.123". */
  readonly updatedAt: string;
}

/** Longest text of a value: every database takes as much in one column (Oracle's VARCHAR2). */
const MAX_VALUE = 4_000;

/** The table of the schema that these tables are of. */
export function stateTable(dialect: Dialect, tables: readonly Pick<TablePlan, "target">[]): StateTable {
  return { dialect, name: stateName(tables[0]?.target.name ?? "") };
}

/**
 * The entries whose key begins with `prefix`, all of them by default, in order of their keys. None where the table is not
 * there: a target that an older release prepared, or that a restore made anew. Not for use inside a transaction, which
 * PostgreSQL ends when the table is not there.
 */
export async function readState(
  db: Queryable,
  { dialect, name }: StateTable,
  prefix = "",
): Promise<readonly StateEntry[]> {
  const statement = dialect.sql.readState(name);
  const rows = await db.query(statement.sql, statement.params).catch((error: unknown) => {
    if (dialect.classifyError(error).class !== "schema") throw error;
    return [];
  });
  return rows
    .map((row) => ({
      key: decodeKey(String(row["NAME"])),
      value: parse(String(row["VALUE"])),
      updatedAt: String(row["UPDATED_AT"])
        .replace("T", " ")
        .replace(/(\.\d{3})\d*$/, "$1"),
    }))
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The value under one key; undefined where it is not there. */
export async function readEntry(db: Queryable, state: StateTable, key: string): Promise<unknown> {
  // Other keys may begin with this one.
  return (await readState(db, state, key)).find((entry) => entry.key === key)?.value;
}

/**
 * Puts a value under a key, in the place of one that is there. The value goes as JSON of at most 4000 ASCII characters; a
 * longer one is a mistake of ours and throws.
 */
export async function writeState(
  tx: Queryable,
  { dialect, name }: StateTable,
  key: string,
  value: unknown,
): Promise<void> {
  const text = asciiJson(value);
  if (text.length > MAX_VALUE) throw new Error(`${key}: ${text.length} characters are too many for an entry`);
  const statement = dialect.sql.writeState(name, encodeKey(key), text);
  await tx.execute(statement.sql, statement.params);
}

/** Removes entries; those that are not there are passed over. */
export async function deleteState(
  tx: Queryable,
  { dialect, name }: StateTable,
  ...keys: readonly string[]
): Promise<void> {
  if (keys.length === 0) return;
  const statement = dialect.sql.deleteState(name, keys.map(encodeKey));
  await tx.execute(statement.sql, statement.params);
}

/** What is known only of one table's present journal, and ends with it. */
const OF_A_JOURNAL = ["gap", "seen", "passed", "dropped"] as const;

/** Forgets what was remembered of a table's former journal. */
export async function forgetJournal(db: Queryable, state: StateTable, table: string): Promise<void> {
  await deleteState(db, state, ...OF_A_JOURNAL.map((kind) => `${kind}/${table}`));
}

/**
 * A name has letters that the target's character set may lack, or that equal others there: ASCII alone is the same
 * everywhere. 128 letters, the longest name of any database, still fit into the column.
 */
const encodeKey = (key: string): string =>
  key.replace(/[^ -}]/g, (letter) => `~${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

const decodeKey = (text: string): string =>
  text.replace(/~([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** One byte a character, so that every database counts the same length. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
