/** Statements on the tables of 5.11.0, and the parts of a pair that most tests of a run need. */

import { type BlueGreen, openBlueGreen } from "./blue-green.ts";
import type { TestDialect } from "./dialects.ts";
import { createTables } from "./wso2-tables.ts";

export const TOKEN_TABLES = ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN_SCOPE"] as const;

/** A prepared pair with one application on both sides and no tokens. */
export async function openTokenPair(
  dialect: TestDialect,
  tables: readonly string[] = TOKEN_TABLES,
): Promise<BlueGreen> {
  const pair = await openBlueGreen({
    source: dialect,
    sourceVersion: "5.11.0",
    targetVersion: "5.11.0",
    sourceSchema: createTables(dialect.name, "5.11.0"),
    targetSchema: createTables(dialect.name, "5.11.0"),
    tables,
  });
  for (const side of [pair.source, pair.target]) {
    await side.test.exec(
      "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (1, 'app', -1234)",
    );
  }
  await pair.prepare();
  return pair;
}

/** An ACTIVE token of its own user. */
export const insertToken = (id: string): string =>
  "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, TIME_CREATED, " +
  `REFRESH_TOKEN_TIME_CREATED) VALUES ('${id}', 'at-${id}', 1, 'user-${id}', -1234, '2021-03-04 05:06:07', '2021-03-04 05:06:07')`;

export const touchToken = (id: string, value: string): string =>
  `UPDATE IDN_OAUTH2_ACCESS_TOKEN SET REFRESH_TOKEN = '${value}' WHERE TOKEN_ID = '${id}'`;

export const deleteToken = (id: string): string =>
  `DELETE FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID = '${id}'`;

export const insertScope = (id: string, scope: string): string =>
  `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE, TENANT_ID) VALUES ('${id}', '${scope}', -1234)`;

/** TOKEN_ID of the tokens, or TOKEN_ID and scope of the scopes, in order. */
export async function tokenIds(pair: BlueGreen, side: "source" | "target"): Promise<string[]> {
  return (await pair.rows(side, TOKEN_TABLES[0])).map((row) => String(row["TOKEN_ID"])).sort();
}

export async function scopes(pair: BlueGreen, side: "source" | "target"): Promise<string[]> {
  return (await pair.rows(side, TOKEN_TABLES[1]))
    .map((row) => `${String(row["TOKEN_ID"])} ${String(row["TOKEN_SCOPE"])}`)
    .sort();
}
