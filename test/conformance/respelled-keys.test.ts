import { afterEach, describe, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

const INSENSITIVE = "CREATE COLLATION ci (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false)";
const tables = (collate: string) => [
  `CREATE TABLE PARENT (ID VARCHAR(20)${collate} PRIMARY KEY, V INT)`,
  `CREATE TABLE CHILD (ID INT PRIMARY KEY, P VARCHAR(20)${collate}, FOREIGN KEY (P) REFERENCES PARENT (ID) ON DELETE CASCADE)`,
];
const LOOSE = [INSENSITIVE, ...tables(" COLLATE ci")];

/** What SQL Server's trigger journals (mssql-trigger-sets.test.ts), in a journal of PostgreSQL. */
const JOURNALED = `INSERT INTO PARENT_S (ID, V, ACTION) VALUES ('ann', 2, 'UPDATE'), ('Ann', 1, 'RESPELLED')`;

describeDialects(
  "A parent whose key changed its case alone",
  (dialect) => {
    let pair: BlueGreen;
    afterEach(() => pair.close());

    async function open(targetSchema: readonly string[]): Promise<void> {
      pair = await openBlueGreen({ source: dialect, sourceSchema: LOOSE, targetSchema, tables: ["PARENT"] });
      await pair.prepare();
      await pair.target.test.exec("INSERT INTO PARENT VALUES ('Ann', 1)");
    }

    test("leaves its unique values to the new spelling, also where the target tells the two apart", async () => {
      await open(["CREATE TABLE PARENT (ID VARCHAR(20) PRIMARY KEY, V INT UNIQUE)"]);
      await pair.target.test.exec("UPDATE PARENT SET V = 2");
      await pair.source.test.exec(JOURNALED);
      await pair.run();
      expect(await pair.rows("target", "PARENT")).toEqual([{ ID: "ann", V: "2" }]);
      expect(await pair.target.test.query("SELECT ROW_KEY FROM SYNC_DEAD_LETTERS")).toEqual([]);
    });

    describe.each([1, 2])("in batches of %i", (batchSize) => {
      test("keeps its children where the target takes both keys for one", async () => {
        await open(LOOSE);
        await pair.target.test.exec("INSERT INTO CHILD VALUES (7, 'Ann')");
        await pair.source.test.exec(JOURNALED);
        await pair.run({ batchSize });
        expect(await pair.rows("target", "PARENT")).toEqual([{ ID: "ann", V: "2" }]);
        expect(await pair.rows("target", "CHILD")).toEqual([{ ID: "7", P: "Ann" }]);
      });

      test("leaves nothing behind where the target tells them apart", async () => {
        await open(tables(""));
        await pair.source.test.exec(JOURNALED);
        await pair.run({ batchSize });
        expect(await pair.rows("target", "PARENT")).toEqual([{ ID: "ann", V: "2" }]);
      });

      test("stays set aside when the target refuses the row: the old spelling's end is no newer image", async () => {
        await open([
          INSENSITIVE,
          "CREATE TABLE PARENT (ID VARCHAR(20) COLLATE ci PRIMARY KEY, V INT CHECK (V < 2))",
        ]);
        await pair.source.test.exec(JOURNALED);
        await expect(pair.run({ batchSize })).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
        const letters = await pair.target.test.query("SELECT ROW_KEY FROM SYNC_DEAD_LETTERS");
        expect(letters).toEqual([{ ROW_KEY: '["ann"]' }]);
      });

      test("is gone, with its children, when it is deleted after that", async () => {
        await open(LOOSE);
        await pair.target.test.exec("INSERT INTO CHILD VALUES (7, 'Ann')");
        await pair.source.test.exec([
          JOURNALED,
          "INSERT INTO PARENT_S (ID, V, ACTION) VALUES ('ann', 2, 'DELETE')",
        ]);
        await pair.run({ batchSize });
        expect(await pair.rows("target", "PARENT")).toEqual([]);
        expect(await pair.rows("target", "CHILD")).toEqual([]);
      });
    });
  },
  ["postgres"],
);
