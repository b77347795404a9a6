import { afterAll, beforeAll, expect, test } from "vitest";
import { findRemovable, uninstall } from "../../src/capture/uninstall.ts";
import { planTables } from "../../src/plan/sync-plan.ts";
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
  },
  ["postgres"],
);
