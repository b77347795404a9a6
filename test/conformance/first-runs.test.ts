import { afterAll, beforeAll, expect, test } from "vitest";
import { installCapture } from "../../src/capture/install.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { deadLettersName, stateName } from "../../src/contract/object-names.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

const TABLES = ["A", "B", "C"];
const create = TABLES.map((name) => `CREATE TABLE ${name} (ID VARCHAR(20) NOT NULL PRIMARY KEY)`);

describeDialects("Several first runs", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: create,
      targetSchema: create,
      tables: TABLES,
    });
  });
  afterAll(() => pair.close());

  test("at once put the target right together, each checkpoint begun once", async () => {
    const tables = planTables(await pair.plan());
    const { journals } = await installCapture(pair.source.db, pair.source.dialect, tables);
    const own = [
      ...tables.map(({ targetNames }) => targetNames.checkpoint),
      ...[deadLettersName, stateName].map((name) => name(tables[0]?.target.name ?? "")),
    ];
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        Array.from({ length: 8 }, () => prepareTarget(pair.target.db, pair.target.dialect, tables, journals)),
      );
      const { sql } = pair.target.dialect;
      for (const { targetNames } of tables)
        expect(
          await pair.target.test.query(`SELECT * FROM ${sql.quote(targetNames.checkpoint)}`),
        ).toHaveLength(1);
      for (const name of own) await pair.target.test.exec(`DROP TABLE ${sql.quote(name)}`);
    }
  });
});
