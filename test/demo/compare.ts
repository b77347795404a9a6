/** The demo's own comparison. It shares nothing with sync-tool: SQL migrates a copy of blue, and rows are held together. */

import { isDeepStrictEqual } from "node:util";
import type { Row } from "../../src/row.ts";
import { copyRows } from "../support/copy-rows.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { migrateTo511 } from "../support/wso2-migration.ts";
import { WSO2_TABLES, wso2Shape } from "../support/wso2-shapes.ts";
import { createTables } from "../support/wso2-tables.ts";
import { SOURCE_VERSION, SYNCED } from "./blue-database.ts";

export interface Comparison {
  readonly table: string;
  /** Rows that are equal in every column. */
  readonly equal: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
}

/**
 * Compares green with what it has to be: blue's rows of this moment, brought to 5.11.0 anew in a third, empty database.
 */
export async function compareRows(
  blue: TestDatabase,
  green: TestDatabase,
  third: TestDatabase,
): Promise<readonly Comparison[]> {
  await third.exec(createTables("postgres", SOURCE_VERSION));
  await copyRows(blue, third, WSO2_TABLES);
  await third.exec(migrateTo511("postgres", SOURCE_VERSION));
  return await Promise.all(
    SYNCED.map(async (table) => {
      const key = wso2Shape("postgres", "5.11.0", table)?.primaryKey ?? [];
      const byKey = (rows: readonly Row[]): Map<string, Row> =>
        new Map(rows.map((row) => [JSON.stringify(key.map((column) => row[column])), row]));
      const wanted = byKey(await third.query(`SELECT * FROM ${table}`));
      const found = byKey(await green.query(`SELECT * FROM ${table}`));
      const both = [...wanted].filter(([id]) => found.has(id));
      const equal = both.filter(([id, row]) => isDeepStrictEqual(row, found.get(id))).length;
      return {
        table,
        equal,
        missing: wanted.size - both.length,
        extra: [...found.keys()].filter((id) => !wanted.has(id)).length,
        different: both.length - equal,
      };
    }),
  );
}
