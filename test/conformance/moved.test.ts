import { afterAll, beforeAll, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { CHAIN_TABLES, chainTables } from "../support/chains/work.ts";
import { describeDialects } from "../support/dialects.ts";

describeDialects("Rows that were moved to another parent before theirs was deleted", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: chainTables(20),
      targetSchema: chainTables(20),
      tables: CHAIN_TABLES,
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());

  const expectEqual = async (): Promise<void> => {
    for (const table of CHAIN_TABLES)
      expect(await pair.rows("target", table)).toEqual(await pair.rows("source", table));
  };

  test("keep their own children, whose journal tells of nothing", async () => {
    await pair.source.test.exec([
      "INSERT INTO A (ID) VALUES ('old'), ('new')",
      "INSERT INTO B (ID, UP) VALUES ('moved', 'old'), ('gone', 'old')",
      "INSERT INTO C (ID, UP) VALUES ('kept', 'moved'), ('gone', 'gone')",
    ]);
    await pair.run();
    await pair.source.test.exec([
      "UPDATE B SET UP = 'new' WHERE ID = 'moved'",
      "DELETE FROM A WHERE ID = 'old'",
    ]);
    await pair.run();
    await expectEqual();
  });

  test("keep their own children in a table that refers to itself", async () => {
    await pair.source.test.exec([
      "INSERT INTO T (ID) VALUES ('old'), ('new')",
      "INSERT INTO T (ID, UP) VALUES ('moved', 'old'), ('gone', 'old')",
      "INSERT INTO T (ID, UP) VALUES ('kept', 'moved')",
    ]);
    await pair.run();
    await pair.source.test.exec([
      "UPDATE T SET UP = 'new' WHERE ID = 'moved'",
      "DELETE FROM T WHERE ID = 'old'",
    ]);
    await pair.run();
    await expectEqual();
  });

  test("keep their own children when the row between goes with the old parent", async () => {
    await pair.source.test.exec([
      "INSERT INTO T (ID) VALUES ('top'), ('aside')",
      "INSERT INTO T (ID, UP) VALUES ('between', 'top')",
      "INSERT INTO T (ID, UP) VALUES ('saved', 'between')",
      "INSERT INTO T (ID, UP) VALUES ('below', 'saved')",
    ]);
    await pair.run();
    await pair.source.test.exec([
      "UPDATE T SET UP = 'aside' WHERE ID = 'saved'",
      "DELETE FROM T WHERE ID = 'top'",
    ]);
    await pair.run({ parallelism: 4, batchSize: 1 });
    await expectEqual();
  });

  test("keep their own children when the old parent is made again", async () => {
    await pair.source.test.exec([
      "INSERT INTO A (ID) VALUES ('old2'), ('new2')",
      "INSERT INTO B (ID, UP) VALUES ('moved2', 'old2')",
      "INSERT INTO C (ID, UP) VALUES ('kept2', 'moved2')",
    ]);
    await pair.run();
    await pair.source.test.exec([
      "UPDATE B SET UP = 'new2' WHERE ID = 'moved2'",
      "DELETE FROM A WHERE ID = 'old2'",
      "INSERT INTO A (ID, N) VALUES ('old2', 'again')",
    ]);
    await pair.run({ batchSize: 1, conflictPolicy: "keep-target" });
    await expectEqual();
  });

  test("and rows far below a deleted one go with it, though one between is made again at once", async () => {
    await pair.source.test.exec([
      "INSERT INTO T (ID) VALUES ('root')",
      "INSERT INTO T (ID, UP) VALUES ('middle', 'root')",
      "INSERT INTO T (ID, UP) VALUES ('deep', 'middle')",
      "INSERT INTO T (ID, UP) VALUES ('deeper', 'deep')",
    ]);
    await pair.run();
    await pair.source.test.exec([
      "DELETE FROM T WHERE ID = 'root'",
      "INSERT INTO T (ID) VALUES ('root')",
      "INSERT INTO T (ID) VALUES ('middle')",
    ]);
    await pair.run();
    await expectEqual();
  });
});
