import { expect, test } from "vitest";
import { rowSources } from "../../src/run/row-sources.ts";
import { verify } from "../../src/verify/verify.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";

const TABLE = "CREATE TABLE ROWS_OF (ID INT PRIMARY KEY, V VARCHAR(20))";

async function prepared(dialect: TestDialect): Promise<BlueGreen> {
  const pair = await openBlueGreen({
    source: dialect,
    sourceSchema: [TABLE],
    targetSchema: [TABLE],
    tables: ["ROWS_OF"],
  });
  await pair.prepare();
  return pair;
}

/** The kinds of difference that a verification found and mended, sorted. */
async function repair(pair: BlueGreen): Promise<readonly string[]> {
  const plan = await pair.plan();
  const found: string[] = [];
  await verify({
    plan,
    source: pair.source,
    target: pair.target,
    rowsFor: rowSources(plan, pair),
    patienceMs: 300,
    signal: new AbortController().signal,
    repair: { deleteExtra: false },
    onDifference: ({ kind }) => found.push(kind),
  });
  return found.sort();
}

describeDialects(
  "UPDATE IGNORE, which fires triggers for rows that it left alone (a limit of G1)",
  (dialect) => {
    test("loses a row on green, which verify finds and mends", async () => {
      const pair = await prepared(dialect);
      try {
        await pair.source.test.exec([
          "INSERT INTO ROWS_OF VALUES (1, 'a'), (2, 'b')",
          "UPDATE IGNORE ROWS_OF SET ID = 2 WHERE ID = 1",
        ]);
        await pair.run();
        expect(await pair.rows("source", "ROWS_OF")).toHaveLength(2);
        expect(await pair.rows("target", "ROWS_OF")).toEqual([{ ID: "2", V: "a" }]);
        expect(await repair(pair)).toEqual(["different", "missing"]);
        expect(await pair.rows("target", "ROWS_OF")).toEqual(await pair.rows("source", "ROWS_OF"));
      } finally {
        await pair.close();
      }
    });
  },
  // MySQL 9.7 does not fire them.
  ["mariadb"],
);

describeDialects(
  "SET INSERT_ID, which numbers the journal's row (a limit of G1)",
  (dialect) => {
    test("below what is applied hides a change, which verify finds and mends", async () => {
      const pair = await prepared(dialect);
      try {
        await pair.source.test.exec("INSERT INTO ROWS_OF VALUES (1, 'a'), (2, 'b'), (3, 'c')");
        await pair.run();
        // As a transaction leaves it that was rolled back long ago.
        await pair.source.test.exec([
          "DELETE FROM ROWS_OF_S WHERE SYNC_ID = 2",
          "SET INSERT_ID = 2",
          "INSERT INTO ROWS_OF VALUES (4, 'd')",
        ]);
        expect(await pair.source.test.query("SELECT ID FROM ROWS_OF_S WHERE SYNC_ID = 2")).toEqual([
          { ID: "4" },
        ]);
        await pair.run();
        expect(await pair.rows("target", "ROWS_OF")).toHaveLength(3);
        expect(await repair(pair)).toEqual(["missing"]);
        expect(await pair.rows("target", "ROWS_OF")).toEqual(await pair.rows("source", "ROWS_OF"));
      } finally {
        await pair.close();
      }
    });
  },
  ["mysql", "mariadb"],
);
