import { afterAll, beforeAll, expect, test } from "vitest";
import { listDeadLetters } from "../../src/apply/dead-letter.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { watchedDatabase } from "../support/watched-database.ts";

const W = (text: number) =>
  `CREATE TABLE W (ID VARCHAR(20) NOT NULL PRIMARY KEY, T VARCHAR(${text}), U VARCHAR(20) NOT NULL, UNIQUE (U))`;
const ROWS = 1_150;
const BATCH = 50;

describeDialects("Small batches of a table that is behind", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [W(50)],
      targetSchema: [W(10)],
      tables: ["W"],
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());

  async function insert(prefix: string, textOf: (i: number) => string): Promise<void> {
    const rows = Array.from({ length: ROWS }, (_, i) => `('${prefix}${i}', '${textOf(i)}', '${prefix}${i}')`);
    await pair.source.test.exec(`INSERT INTO W (ID, T, U) VALUES ${rows.slice(0, 600).join(", ")}`);
    await pair.source.test.exec(`INSERT INTO W (ID, T, U) VALUES ${rows.slice(600).join(", ")}`);
  }

  /** How often the checkpoint was moved by a statement, last time. */
  let moved = 0;

  /** Applies all that is there; gives the sizes of the batches told of. */
  async function applied(parallelism: number): Promise<number[]> {
    const batches: number[] = [];
    moved = 0;
    const checkpoint = (await pair.table("W")).targetNames.checkpoint.toLowerCase();
    const targetDb = watchedDatabase(pair.target.db, {
      before: (sql) => {
        if (sql.toLowerCase().includes(`update`) && sql.toLowerCase().includes(checkpoint)) moved += 1;
      },
    });
    const events = { batch: ({ changes }: { changes: number }) => void batches.push(changes) };
    await pair.run({ batchSize: BATCH, parallelism, targetDb, events });
    return batches;
  }

  test("share transactions, and are told of one by one", async () => {
    await insert("a", () => "t");
    expect(await applied(1)).toEqual(Array.from({ length: ROWS / BATCH }, () => BATCH));
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThanOrEqual(6);
    expect(await pair.rows("target", "W")).toEqual(await pair.rows("source", "W"));
  });

  test.each([1, 3])(
    "are written one by one where the target refuses a row: it alone is set aside (%i lanes)",
    async (parallelism) => {
      const prefix = `p${parallelism}-`;
      await insert(prefix, (i) => (i % 500 === 333 ? "longer than ten" : "t"));
      await expect(applied(parallelism)).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
      const store = {
        dialect: pair.target.dialect,
        name: deadLettersName((await pair.table("W")).target.name),
      };
      const letters = await listDeadLetters(pair.target.db, store);
      const own = letters.map(({ key }) => key).filter((key) => key.includes(prefix));
      expect(own.sort()).toEqual([`["${prefix}333"]`, `["${prefix}833"]`]);
      const good = async (side: "source" | "target") =>
        (await pair.rows(side, "W")).filter(({ T }) => T !== "longer than ten");
      expect(await good("target")).toEqual(await good("source"));
    },
  );

  test("share transactions though rows were set aside some time ago", async () => {
    await insert("l", () => "t");
    await expect(applied(1)).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    expect(moved).toBeGreaterThan(0);
    // Twenty-three batches; the letters are tried again meanwhile.
    expect(moved).toBeLessThanOrEqual(12);
  });
});
