import { afterAll, beforeAll, expect, test } from "vitest";
import { readLanes } from "../../src/checkpoint/checkpoint.ts";
import type { Database } from "../../src/db/database.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

const table =
  "CREATE TABLE P (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(20), U VARCHAR(20), UNIQUE (U))";

describeDialects("Writing in lanes", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [table],
      targetSchema: [table],
      tables: ["P"],
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());

  const lanes = async () =>
    await readLanes(pair.target.db, pair.target.dialect, (await pair.table("P")).targetNames.checkpoint);
  const write = async (n: number): Promise<void> => {
    const rows = Array.from({ length: 200 }, (_, i) => `('${n}-${i}', 'n', 'u${n}-${i}')`);
    await pair.source.test.exec(`INSERT INTO P (ID, N, U) VALUES ${rows.join(", ")}`);
  };
  const expectEqual = async (): Promise<void> =>
    expect(await pair.rows("target", "P")).toEqual(await pair.rows("source", "P"));

  test("every lane has a checkpoint of its own, and all come to the end", async () => {
    await write(1);
    await pair.run({ parallelism: 4, batchSize: 10 });
    const found = await lanes();
    expect(found.map(({ lane }) => lane)).toEqual([0, 1, 2, 3]);
    expect(new Set(found.map(({ position }) => position))).toEqual(new Set([200n]));
    await expectEqual();
  });

  test("a unique key handed on from row to row across lanes needs no policy", async () => {
    const swaps = Array.from({ length: 40 }, (_, i) => [
      `UPDATE P SET U = 'free${i}' WHERE ID = '1-${i}'`,
      `UPDATE P SET U = 'u1-${i}' WHERE ID = '1-${i + 40}'`,
      `UPDATE P SET U = 'u1-${i + 40}' WHERE ID = '1-${i}'`,
    ]).flat();
    await pair.source.test.exec(swaps);
    await pair.run({ parallelism: 4, batchSize: 50 });
    await expectEqual();
  });

  test("a run with another number of lanes goes on from where the lowest stands", async () => {
    await write(2);
    await pair.run({ parallelism: 7, batchSize: 10 });
    await write(3);
    await pair.source.test.exec("DELETE FROM P WHERE ID LIKE '2-1%'");
    await pair.run({ parallelism: 1 });
    expect((await lanes()).map(({ lane }) => lane)).toEqual([0]);
    await expectEqual();
  });

  test("lanes left at different positions by a crash lose and repeat nothing that matters", async () => {
    await write(4);
    await pair.run({ parallelism: 3, batchSize: 20 });
    await pair.source.test.exec(["UPDATE P SET N = 'later'", "DELETE FROM P WHERE ID LIKE '4-1%'"]);
    let commits = 0;
    // The second transaction to begin fails: its lane stays behind the others.
    const failing: Database = {
      ...pair.target.db,
      transaction: async <T>(work: Parameters<typeof pair.target.db.transaction<T>>[0]): Promise<T> => {
        commits += 1;
        if (commits === 2) throw new Error("crash");
        return await pair.target.db.transaction(work);
      },
      // A batch in one statement is a transaction as well.
      query: (sql, params) =>
        sql.startsWith("WITH moved")
          ? failing.transaction((tx) => tx.query(sql, params))
          : pair.target.db.query(sql, params),
    };
    await expect(pair.run({ parallelism: 3, batchSize: 50, targetDb: failing })).rejects.toThrow();
    expect(new Set((await lanes()).map(({ position }) => position)).size).toBe(2);
    await pair.run({ parallelism: 3, batchSize: 50 });
    await expectEqual();
  });
});
