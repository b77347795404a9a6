import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { planTables } from "../../src/contract/sync-plan.ts";
import { readState, stateTable } from "../../src/state/state.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

const SCHEMA = [
  "CREATE TABLE P (ID VARCHAR(20) NOT NULL PRIMARY KEY, U VARCHAR(20), UNIQUE (U))",
  "CREATE TABLE C (ID VARCHAR(20) NOT NULL PRIMARY KEY, P_ID VARCHAR(20), FOREIGN KEY (P_ID) REFERENCES P (ID) ON DELETE CASCADE)",
  "CREATE TABLE G (ID VARCHAR(20) NOT NULL PRIMARY KEY, C_ID VARCHAR(20), FOREIGN KEY (C_ID) REFERENCES C (ID) ON DELETE CASCADE)",
];
const TABLES = ["P", "C", "G"];

describeDialects("With conflictPolicy=keep-target", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: SCHEMA,
      targetSchema: SCHEMA,
      tables: TABLES,
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());

  let dropped: string[] = [];
  const run = async (options: { batchSize?: number; parallelism?: number } = {}): Promise<void> => {
    await pair.run({
      ...options,
      conflictPolicy: "keep-target",
      events: { dropped: (table, changes, _position, total) => dropped.push(`${table} ${changes} ${total}`) },
    });
  };
  const counted = async (): Promise<Record<string, unknown>> => {
    const state = stateTable(pair.target.dialect, planTables(await pair.plan()));
    const entries = await readState(pair.target.db, state, "dropped/");
    return Object.fromEntries(
      entries.map(({ key, value }) => [key, (value as { changes?: unknown }).changes]),
    );
  };
  const ids = async (table: string): Promise<readonly unknown[]> =>
    (await pair.rows("target", table)).map((row) => row["ID"]);

  beforeEach(async () => {
    await pair.source.test.exec("DELETE FROM P");
    await run();
    await pair.target.test.exec("DELETE FROM P");
    dropped = [];
  });

  const blue = [
    "INSERT INTO P (ID, U) VALUES ('blue', 'u')",
    "INSERT INTO C (ID, P_ID) VALUES ('c1', 'blue'), ('c2', 'blue')",
    "INSERT INTO G (ID, C_ID) VALUES ('g1', 'c1'), ('g2', 'c2')",
  ];

  test.each([{ batchSize: 1 }, { batchSize: 100 }, { batchSize: 2, parallelism: 3 }])(
    "what is dropped is told and counted, and comes whole when it comes after all ($batchSize)",
    async (options) => {
      const before = await counted();
      await pair.target.test.exec("INSERT INTO P (ID, U) VALUES ('green', 'u')");
      await pair.source.test.exec(blue);
      await run(options);
      expect(await ids("P")).toEqual(["green"]);
      expect(await ids("C")).toEqual([]);
      const now = await counted();
      for (const [table, changes] of Object.entries({ P: 1, C: 2, G: 2 })) {
        const total = Number(before[`dropped/${table}`] ?? 0) + changes;
        expect(now[`dropped/${table}`]).toBe(total);
        expect(dropped).toContainEqual(expect.stringMatching(new RegExp(`^${table} \\d+ ${total}$`)));
      }

      // It gives the key up, which green's row keeps: nothing is in its way any more.
      await pair.source.test.exec("UPDATE P SET U = 'other' WHERE ID = 'blue'");
      await run(options);
      expect(await ids("P")).toEqual(["blue", "green"]);
      expect(await ids("C")).toEqual(["c1", "c2"]);
      expect(await ids("G")).toEqual(["g1", "g2"]);
      expect(await counted()).toEqual(now);
    },
  );

  test("children that the source has deleted since, or made since, are as the source has them", async () => {
    await pair.target.test.exec("INSERT INTO P (ID, U) VALUES ('green', 'u')");
    await pair.source.test.exec(blue);
    await run();
    await pair.source.test.exec([
      "DELETE FROM C WHERE ID = 'c1'",
      "INSERT INTO C (ID, P_ID) VALUES ('c3', 'blue')",
      "UPDATE P SET U = 'other' WHERE ID = 'blue'",
      "INSERT INTO C (ID, P_ID) VALUES ('c4', 'blue')",
      "DELETE FROM C WHERE ID = 'c2'",
    ]);
    await run({ batchSize: 1 });
    for (const table of ["C", "G"])
      expect(await pair.rows("target", table)).toEqual(await pair.rows("source", table));
  });

  test("a dropped row that is changed and still in the way is dropped once more", async () => {
    await pair.target.test.exec("INSERT INTO P (ID, U) VALUES ('green', 'u'), ('green2', 'u2')");
    await pair.source.test.exec(blue);
    await run();
    dropped = [];
    await pair.source.test.exec("UPDATE P SET U = 'u2' WHERE ID = 'blue'");
    await run();
    expect(await ids("P")).toEqual(["green", "green2"]);
    expect(await ids("C")).toEqual([]);
    expect(dropped).toHaveLength(1);
    expect(dropped[0]).toMatch(/^P 1 \d+$/);
  });

  test("a key that is held by nobody who is known is a dead letter, not dropped", async () => {
    const isThere = dialect.name === "postgres";
    // An index that no catalogue tells as a unique key of columns.
    if (!isThere) return;
    await pair.target.test.exec([
      "CREATE UNIQUE INDEX half ON P (lower(U)) WHERE U IS NOT NULL",
      "INSERT INTO P (ID, U) VALUES ('green', 'U')",
    ]);
    await pair.source.test.exec("INSERT INTO P (ID, U) VALUES ('blue', 'u')");
    await expect(run()).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    expect(dropped).toEqual([]);
    await pair.target.test.exec("DROP INDEX half");
    await run();
    expect(await ids("P")).toEqual(["blue", "green"]);
  });
});
