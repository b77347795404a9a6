import { afterAll, beforeAll, expect, test } from "vitest";
import { findRemovable, uninstall } from "../../src/capture/uninstall.ts";
import { planTables } from "../../src/plan/sync-plan.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

const PARENTS = ["A", "B", "C"];
const TABLES = [
  ...PARENTS.map((name) => `CREATE TABLE ${name} (ID INT NOT NULL PRIMARY KEY)`),
  `CREATE TABLE T (ID INT NOT NULL PRIMARY KEY, UP INT, ${PARENTS.map((name) => `${name}_ID INT`).join(", ")},
    FOREIGN KEY (UP) REFERENCES T (ID) ON DELETE CASCADE,
    ${PARENTS.map((name) => `FOREIGN KEY (${name}_ID) REFERENCES ${name} (ID) ON DELETE CASCADE`).join(", ")})`,
];

describeDialects(
  "A table with many cascades",
  (dialect) => {
    let pair: BlueGreen;
    beforeAll(async () => {
      pair = await openBlueGreen({
        source: dialect,
        sourceSchema: TABLES,
        targetSchema: TABLES,
        tables: ["T"],
      });
    });
    afterAll(() => pair.close());

    test("loses every trigger with its journal, and is written to afterwards", async () => {
      await pair.prepare();
      const tables = planTables(await pair.plan());
      await uninstall(await findRemovable("source", pair.source, tables));
      expect(await pair.source.test.query("SHOW TRIGGERS")).toEqual([]);
      await pair.source.test.exec(["INSERT INTO A VALUES (1)", "DELETE FROM A"]);
    });
  },
  ["mysql", "mariadb"],
);
