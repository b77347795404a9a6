/**
 * WSO2's table of scopes with its journal on PostgreSQL, for triggers of other databases in PostgreSQL's words, and what a
 * statement journals there.
 */

import { expect } from "vitest";
import type { TestDialect } from "./dialects.ts";
import type { TestDatabase } from "./servers/test-server.ts";

export const SCOPE_TABLE = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
/** As the statements name it. */
export const SCOPES = `"${SCOPE_TABLE}"`;
const JOURNAL = '"IDN_OAUTH2_ACCESS_TOKEN_SCOP_S"';

interface ReplayOptions {
  /** The type of the journal's SYNC_ID. */
  readonly position: string;
  /** Keys are equal whatever their case, by a collation named `ci`. */
  readonly ignoresCase?: boolean;
}

export interface JournalReplay {
  readonly database: TestDatabase;
  /** Forgets all rows and all that was journaled. */
  clear(): Promise<void>;
  /**
   * What a statement journals, in order, as `ACTION TOKEN_ID TENANT_ID`; `before` runs first and is forgotten. Replayed
   * over the rows before the statement it has to give the rows after it.
   */
  journaled(before: readonly string[], statement: string): Promise<string[]>;
}

/** `triggers`: statements that make them, and what they need. */
export async function openJournalReplay(
  dialect: TestDialect,
  { position, ignoresCase = false }: ReplayOptions,
  triggers: readonly string[],
): Promise<JournalReplay> {
  const database = await (await dialect.server()).createDatabase();
  const collated = ignoresCase ? " COLLATE ci" : "";
  const columns = `"TOKEN_ID" varchar(255)${collated}, "TOKEN_SCOPE" varchar(60)${collated}, "TENANT_ID" int`;
  await database.exec([
    "CREATE COLLATION ci (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false)",
    `CREATE TABLE parent (id varchar(255)${collated} PRIMARY KEY)`,
    `CREATE TABLE ${SCOPES} (${columns}, PRIMARY KEY ("TOKEN_ID", "TOKEN_SCOPE") DEFERRABLE)`,
    `CREATE TABLE ${JOURNAL} (${columns}, "SYNC_ID" ${position} PRIMARY KEY, "ACTION" varchar(15))`,
    ...triggers,
  ]);
  const rowsNow = async (): Promise<Map<string, string>> => {
    const rows = await database.query(`SELECT "TOKEN_ID", "TENANT_ID" FROM ${SCOPES}`);
    return new Map(rows.map((row) => [String(row["TOKEN_ID"]), String(row["TENANT_ID"])]));
  };
  return {
    database,
    clear: () => database.exec([`DELETE FROM ${SCOPES}`, `DELETE FROM ${JOURNAL}`]),
    async journaled(before, statement) {
      await database.exec([...before, `DELETE FROM ${JOURNAL}`]);
      const rows = await rowsNow();
      await database.exec([statement]);
      const changes = await database.query(
        `SELECT "ACTION", "TOKEN_ID", "TENANT_ID" FROM ${JOURNAL} ORDER BY "SYNC_ID"`,
      );
      for (const change of changes) {
        // RESPELLED ends a key's old spelling only.
        if (/^(DELETE|RESPELLED)$/.test(String(change["ACTION"]))) rows.delete(String(change["TOKEN_ID"]));
        else rows.set(String(change["TOKEN_ID"]), String(change["TENANT_ID"]));
      }
      expect([...rows].sort()).toEqual([...(await rowsNow())].sort());
      return changes.map((row) => `${row["ACTION"]} ${row["TOKEN_ID"]} ${row["TENANT_ID"]}`);
    },
  };
}
