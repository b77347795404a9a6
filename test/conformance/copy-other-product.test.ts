import { afterAll, describe, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { copied } from "../support/copied.ts";
import { availableDialects } from "../support/dialects.ts";
import { runTraffic, TRAFFIC_PARENTS } from "../support/traffic.ts";
import { verified } from "../support/verified.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const TABLES = [
  TOKENS,
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
];

const blue = availableDialects().find(({ name }) => name === "postgres");
const green = availableDialects().find(({ name }) => name === "mariadb" || name === "mysql");

describe.skipIf(blue === undefined || green === undefined)("Green of another product", () => {
  let pair: BlueGreen | undefined;
  afterAll(() => pair?.close());

  test("gets what is synced by copy, transformed, once other tools have brought the rows that it refers to", async () => {
    if (blue === undefined || green === undefined) throw new Error("no servers of two kinds");
    pair = await openBlueGreen({
      source: blue,
      target: green,
      sourceVersion: "5.7.0",
      sourceSchema: createTables(blue.name, "5.7.0"),
      targetSchema: [
        ...createTables(green.name, "5.11.0"),
        "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (1, -1234, 'LOCAL', 'u1'), (2, 1, 'LOCAL', 'u2')",
        ...TRAFFIC_PARENTS.slice(1),
      ],
      tables: TABLES,
    });
    await pair.source.test.exec(TRAFFIC_PARENTS);
    // No journal tells of these.
    await runTraffic(pair.source.test, { transactions: 14, name: "before" });
    await pair.prepare();
    const { tables, refused } = await copied(pair, { pageSize: 5, parallelism: 2 });
    expect(refused).toEqual([]);
    expect(tables[TOKENS]?.written).toBeGreaterThan(5);
    expect((await verified(pair)).differences).toEqual([]);
  });
});
