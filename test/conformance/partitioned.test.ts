import { afterAll, beforeAll, expect, test } from "vitest";
import { findRemovable, uninstall } from "../../src/capture/uninstall.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

const TABLES = [
  "CREATE TABLE parted (id int PRIMARY KEY, v varchar(20)) PARTITION BY RANGE (id)",
  "CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (100)",
  "CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (100) TO (200)",
];

describeDialects(
  "A partitioned table",
  (dialect) => {
    let pair: BlueGreen;
    beforeAll(async () => {
      pair = await openBlueGreen({
        source: dialect,
        sourceSchema: TABLES,
        targetSchema: TABLES,
        tables: ["PARTED"],
      });
    });
    afterAll(() => pair.close());

    test("is captured through its partitions and from one to another, and lets go of its triggers", async () => {
      await pair.prepare();
      await pair.source.test.exec([
        "INSERT INTO parted VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO parted_high VALUES (101, 'c')",
        "UPDATE parted SET id = 102 WHERE id = 2",
        "UPDATE parted_low SET v = 'd' WHERE id = 1",
        "CREATE TABLE parted_more PARTITION OF parted FOR VALUES FROM (200) TO (300)",
        "INSERT INTO parted_more VALUES (201, 'e')",
      ]);
      await pair.target.test.exec(
        "CREATE TABLE parted_more PARTITION OF parted FOR VALUES FROM (200) TO (300)",
      );
      await pair.run();
      expect(await pair.target.test.query("SELECT id, v FROM parted ORDER BY id")).toEqual(
        await pair.source.test.query("SELECT id, v FROM parted ORDER BY id"),
      );
      const tables = planTables(await pair.plan());
      await uninstall(await findRemovable("source", pair.source, tables));
      await pair.source.test.exec("INSERT INTO parted VALUES (3, 'f'), (103, 'g')");
    });

    test("is refused when others inherit from it, for their rows fire none of its triggers", async () => {
      const both = [pair.source, pair.target];
      for (const { test: database } of both)
        await database.exec("CREATE TABLE old_way (id int PRIMARY KEY, v varchar(20))");
      const plan = () =>
        buildPlan(
          { schema: "identity", sourceVersion: "5.9.0", targetVersion: "5.11.0", tables: ["OLD_WAY"] },
          pair.source,
          pair.target,
        );
      await plan();
      await pair.source.test.exec("CREATE TABLE old_child (PRIMARY KEY (id)) INHERITS (old_way)");
      await expect(plan()).rejects.toMatchObject({
        code: "PLAN_IMPOSSIBLE",
        message: expect.stringContaining("OLD_WAY: on the source other tables inherit from it"),
      });
      // A table that inherits from another one has triggers of its own.
      await pair.source.test.exec("DROP TABLE old_child");
      await plan();
    });
  },
  ["postgres"],
);
