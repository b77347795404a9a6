import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { quoteName } from "../support/odd-names.ts";

describeDialects(
  "A table that cannot be captured or told apart",
  (dialect) => {
    const { name: product } = dialect;
    const isPostgres = product === "postgres";
    const q = (name: string): string => quoteName(product, name);
    const upper = (name: string): string => (isPostgres ? name.toLowerCase() : name);
    let pair: BlueGreen;

    beforeAll(async () => {
      const schema = [
        "CREATE TABLE PARENT (ID INTEGER NOT NULL PRIMARY KEY)",
        "CREATE TABLE CHILD (ID INTEGER NOT NULL PRIMARY KEY, P INTEGER)",
        "CREATE TABLE TWIN (ID INTEGER NOT NULL PRIMARY KEY)",
      ];
      pair = await openBlueGreen({ source: dialect, sourceSchema: schema, targetSchema: schema, tables: [] });
    });
    afterAll(() => pair.close());

    const plan = (table: string) =>
      buildPlan(
        { schema: "identity", sourceVersion: "5.9.0", targetVersion: "5.11.0", tables: [table] },
        pair.source,
        pair.target,
      );

    test.runIf(!isPostgres).each(["ON DELETE SET NULL", "ON UPDATE CASCADE", "ON UPDATE SET NULL"])(
      "is refused for a foreign key with %s, which changes rows and fires no trigger",
      async (action) => {
        await plan("CHILD");
        await pair.source.test.exec(
          `ALTER TABLE CHILD ADD CONSTRAINT F FOREIGN KEY (P) REFERENCES PARENT (ID) ${action}`,
        );
        await expect(plan("CHILD")).rejects.toMatchObject({
          code: "PLAN_IMPOSSIBLE",
          message: expect.stringContaining(
            `CHILD: foreign key F (CHILD) has ${action}, which fires no trigger`,
          ),
        });
        await pair.source.test.exec("ALTER TABLE CHILD DROP FOREIGN KEY F");
      },
    );

    test.each(["source", "target"] as const)(
      "is refused beside one whose name differs in case alone, on the %s",
      async (side) => {
        await plan("TWIN");
        await pair[side].test.exec(`CREATE TABLE ${q("Twin")} (ID INTEGER NOT NULL PRIMARY KEY)`);
        await expect(plan("TWIN")).rejects.toMatchObject({
          code: "PLAN_IMPOSSIBLE",
          message: expect.stringMatching(
            new RegExp(`on the ${side} there are tables .*${upper("TWIN")}.*, which differ in case alone`),
          ),
        });
        await pair[side].test.exec(`DROP TABLE ${q("Twin")}`);
      },
    );

    test.runIf(isPostgres)("is refused for two columns whose names differ in case alone", async () => {
      await pair.target.test.exec('ALTER TABLE TWIN ADD COLUMN "Id" integer');
      await expect(plan("TWIN")).rejects.toMatchObject({
        message: expect.stringMatching(/TWIN: on the target its columns .* differ in case alone/),
      });
    });
  },
  ["postgres", "mysql", "mariadb"],
);
