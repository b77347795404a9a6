import { afterAll, beforeAll, expect, test } from "vitest";
import { findRemovable, uninstall } from "../../src/capture/uninstall.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
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

    const tableBelow = (name: string, parent: string): string =>
      `CREATE TABLE ${name} (ID INT NOT NULL PRIMARY KEY, P INT, FOREIGN KEY (P) REFERENCES ${parent} (ID) ON DELETE CASCADE)`;

    async function planned(schema: readonly string[]): Promise<unknown> {
      const other = await openBlueGreen({
        source: dialect,
        sourceSchema: schema,
        targetSchema: schema,
        tables: ["LEAF"],
      });
      try {
        return await other.plan();
      } finally {
        await other.close();
      }
    }

    test("is refused when they lead over more tables than are followed", async () => {
      const chain = [2, 3, 4, 5, 6].map((n) => tableBelow(`L${n}`, `L${n - 1}`));
      const six = ["CREATE TABLE L1 (ID INT NOT NULL PRIMARY KEY)", ...chain, tableBelow("LEAF", "L6")];
      await expect(planned(six)).resolves.toBeDefined();
      const seven = [
        "CREATE TABLE L0 (ID INT NOT NULL PRIMARY KEY)",
        tableBelow("L1", "L0"),
        ...six.slice(1),
      ];
      await expect(planned(seven)).rejects.toThrow(/over more than 6 tables \(to L0\)/);
    });

    test("is refused when they form a circle", async () => {
      const circle = [
        "CREATE TABLE A (ID INT NOT NULL PRIMARY KEY, P INT)",
        tableBelow("B", "A"),
        "ALTER TABLE A ADD FOREIGN KEY (P) REFERENCES B (ID) ON DELETE CASCADE",
        tableBelow("LEAF", "A"),
      ];
      await expect(planned(circle)).rejects.toThrow(/form a circle \(B to A\)/);
    });
  },
  ["mysql", "mariadb"],
);
