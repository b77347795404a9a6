import { afterEach, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

describeDialects(
  "A table that the database numbers",
  (dialect) => {
    let pair: BlueGreen;
    afterEach(() => pair.close());

    test.each(["ALWAYS", "BY DEFAULT"])(
      "GENERATED %s is written with the source's numbers, and goes on behind them",
      async (how) => {
        const schema = [
          `CREATE TABLE "Note's" (id integer GENERATED ${how} AS IDENTITY PRIMARY KEY, name varchar(50), n bigint GENERATED ${how} AS IDENTITY)`,
        ];
        pair = await openBlueGreen({
          source: dialect,
          sourceVersion: "5.11.0",
          sourceSchema: schema,
          targetSchema: schema,
          tables: ["NOTE'S"],
        });
        await pair.prepare();
        await pair.source.test.exec([
          `INSERT INTO "Note's" (name) VALUES ('a'), ('b'), ('c'), ('d')`,
          `UPDATE "Note's" SET name = 'B' WHERE id = 2`,
          `DELETE FROM "Note's" WHERE id = 3`,
        ]);
        await pair.run();
        await pair.source.test.exec(`UPDATE "Note's" SET name = 'D' WHERE id = 4`);
        await pair.run();
        const rows = await pair.rows("source", `"Note's"`);
        expect(rows.map(({ ID, NAME }) => `${ID}${NAME}`)).toEqual(["1a", "2B", "4D"]);
        expect(await pair.rows("target", `"Note's"`)).toEqual(rows);
        const own = await pair.target.test.query(
          `INSERT INTO "Note's" (name) VALUES ('green') RETURNING id, n`,
        );
        expect(own).toEqual([{ ID: "5", N: "5" }]);
      },
    );
  },
  ["postgres"],
);
