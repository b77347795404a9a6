import { expect, test } from "vitest";
import { copyRows } from "../support/copy-rows.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { describeDialects } from "../support/dialects.ts";
import { runTraffic, TRAFFIC_PARENTS } from "../support/traffic.ts";
import { WSO2_TABLES } from "../support/wso2-shapes.ts";
import { createTables } from "../support/wso2-tables.ts";

describeDialects("a copy of a source", (dialect) => {
  test("holds every row of the traffic, exactly", async () => {
    const server = await dialect.server();
    const [blue, green] = [await server.createDatabase(), await server.createDatabase()];
    await blue.exec([
      ...createTables(dialect.name, "5.7.0"),
      ...TRAFFIC_PARENTS,
      "INSERT INTO IDN_IDENTITY_USER_DATA VALUES (-1234, 'o''brien', 'back\\\\slash', '')",
    ]);
    await runTraffic(blue, { writers: 2, transactions: 14 });
    await green.exec(createTables(dialect.name, "5.7.0"));
    await copyRows(blue, green, WSO2_TABLES);
    for (const table of WSO2_TABLES) {
      const sql = `SELECT * FROM ${table} ORDER BY 1, 2, 3`;
      expect(await green.query(sql)).toEqual(await blue.query(sql));
    }
    // Of the 14 transactions of each writer: 4 logins that stay, 2 refreshes that are logged out, 2 rolled-back logins.
    expect(await green.query("SELECT COUNT(*) AS N FROM IDN_OAUTH2_ACCESS_TOKEN")).toEqual([{ N: "8" }]);
    expect(await green.query("SELECT COUNT(*) AS N FROM IDN_IDENTITY_USER_DATA")).toEqual([{ N: "5" }]);
    expect(await databaseObjects(green)).toContain("table IDN_IDENTITY_USER_DATA");
    await Promise.all([blue.drop(), green.drop()]);
  });
});
