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

  /** Brings the first rows in step, then expects the target to follow what is done to them. */
  async function expectToFollow(
    first: readonly string[],
    then: readonly string[],
    options?: Parameters<typeof pair.run>[0],
  ): Promise<void> {
    await pair.source.test.exec(first);
    await pair.run();
    await pair.source.test.exec(then);
    await pair.run(options);
    for (const table of CHAIN_TABLES)
      expect(await pair.rows("target", table)).toEqual(await pair.rows("source", table));
  }

  test("keep their own children, whose journal tells of nothing", async () => {
    await expectToFollow(
      [
        "INSERT INTO A (ID) VALUES ('old'), ('new')",
        "INSERT INTO B (ID, UP) VALUES ('moved', 'old'), ('gone', 'old')",
        "INSERT INTO C (ID, UP) VALUES ('kept', 'moved'), ('gone', 'gone')",
      ],
      ["UPDATE B SET UP = 'new' WHERE ID = 'moved'", "DELETE FROM A WHERE ID = 'old'"],
    );
  });

  test("keep their own children in a table that refers to itself", async () => {
    await expectToFollow(
      [
        "INSERT INTO T (ID) VALUES ('old'), ('new')",
        "INSERT INTO T (ID, UP) VALUES ('moved', 'old'), ('gone', 'old')",
        "INSERT INTO T (ID, UP) VALUES ('kept', 'moved')",
      ],
      ["UPDATE T SET UP = 'new' WHERE ID = 'moved'", "DELETE FROM T WHERE ID = 'old'"],
    );
  });

  test("keep their own children when the row between goes with the old parent", async () => {
    await expectToFollow(
      [
        "INSERT INTO T (ID) VALUES ('top'), ('aside')",
        "INSERT INTO T (ID, UP) VALUES ('between', 'top')",
        "INSERT INTO T (ID, UP) VALUES ('saved', 'between')",
        "INSERT INTO T (ID, UP) VALUES ('below', 'saved')",
      ],
      ["UPDATE T SET UP = 'aside' WHERE ID = 'saved'", "DELETE FROM T WHERE ID = 'top'"],
      { parallelism: 4, batchSize: 1 },
    );
  });

  test("keep their own children when the old parent is made again", async () => {
    await expectToFollow(
      [
        "INSERT INTO A (ID) VALUES ('old2'), ('new2')",
        "INSERT INTO B (ID, UP) VALUES ('moved2', 'old2')",
        "INSERT INTO C (ID, UP) VALUES ('kept2', 'moved2')",
      ],
      [
        "UPDATE B SET UP = 'new2' WHERE ID = 'moved2'",
        "DELETE FROM A WHERE ID = 'old2'",
        "INSERT INTO A (ID, N) VALUES ('old2', 'again')",
      ],
      { batchSize: 1, conflictPolicy: "keep-target" },
    );
  });

  test("and rows far below a deleted one go with it, though one between is made again at once", async () => {
    await expectToFollow(
      [
        "INSERT INTO T (ID) VALUES ('root')",
        "INSERT INTO T (ID, UP) VALUES ('middle', 'root')",
        "INSERT INTO T (ID, UP) VALUES ('deep', 'middle')",
        "INSERT INTO T (ID, UP) VALUES ('deeper', 'deep')",
      ],
      [
        "DELETE FROM T WHERE ID = 'root'",
        "INSERT INTO T (ID) VALUES ('root')",
        "INSERT INTO T (ID) VALUES ('middle')",
      ],
    );
  });
});
