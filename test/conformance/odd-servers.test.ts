import { afterEach, expect, test } from "vitest";
import { installCapture } from "../../src/capture/install.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestServer } from "../support/servers/test-server.ts";

const TABLE =
  "CREATE TABLE CLAIMS (TENANT INT, NAME VARCHAR(50), V VARCHAR(50), PRIMARY KEY (TENANT, NAME)) ENGINE=InnoDB";

describeDialects(
  "A system-versioned table",
  (dialect) => {
    let pair: BlueGreen;
    afterEach(() => pair.close());

    test("is a table like any other, and its past stays where it is", async () => {
      const schema = [`${TABLE} WITH SYSTEM VERSIONING`];
      pair = await openBlueGreen({
        source: dialect,
        sourceVersion: "5.11.0",
        sourceSchema: schema,
        targetSchema: schema,
        tables: ["CLAIMS"],
      });
      await pair.prepare();
      await pair.source.test.exec([
        "INSERT INTO CLAIMS VALUES (1, 'zoë', 'a'), (1, 'ann', 'b'), (2, 'bob', 'c')",
        "UPDATE CLAIMS SET V = 'B' WHERE NAME = 'ann'",
        "DELETE FROM CLAIMS WHERE NAME = 'zoë'",
      ]);
      await pair.run({ batchSize: 1 });
      const rows = await pair.rows("source", "CLAIMS");
      expect(rows.map(({ NAME, V }) => `${NAME} ${V}`)).toEqual(["ann B", "bob c"]);
      expect(await pair.rows("target", "CLAIMS")).toEqual(rows);
    });
  },
  ["mariadb"],
);

describeDialects(
  "A server whose prepared statements are used up by its clients",
  (dialect) => {
    let pair: BlueGreen;
    let server: TestServer | undefined;
    afterEach(async () => {
      await pair.close();
      await server?.stop();
    });

    test.runIf(dialect.startPrivate !== undefined)("is waited for by prepare, which says so", async () => {
      const own = await dialect.startPrivate?.();
      server = own;
      pair = await openBlueGreen({
        source: { ...dialect, server: async () => own as TestServer },
        sourceSchema: [TABLE],
        targetSchema: [TABLE],
        tables: ["CLAIMS"],
      });
      const admin = await pair.source.test.session({ admin: true });
      await admin.exec("SET GLOBAL max_prepared_stmt_count = 0");
      const tables = planTables(await pair.plan());
      const reasons = new Set<string>();
      const { journals } = await installCapture(pair.source.db, pair.source.dialect, tables, {
        onBusy: (_object, { attempt, reason }) => {
          reasons.add(reason);
          if (attempt === 2) void admin.exec("SET GLOBAL max_prepared_stmt_count = DEFAULT");
        },
      });
      expect([...reasons]).toEqual([expect.stringContaining("max_prepared_stmt_count")]);
      await prepareTarget(pair.target.db, pair.target.dialect, tables, journals);
      await pair.source.test.exec("INSERT INTO CLAIMS VALUES (1, 'ann', 'a')");
      await pair.run();
      expect(await pair.rows("target", "CLAIMS")).toHaveLength(1);
    });
  },
  ["mysql", "mariadb"],
);
