import { afterAll, beforeAll, expect, test } from "vitest";
import type { DigestRange } from "../../src/contract/dialect.ts";
import type { Database } from "../../src/db/database.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import { createPace } from "../../src/throttle/pace.ts";
import { verify } from "../../src/verify/verify.ts";
import type { ReportedDifference, VerifyOptions } from "../../src/verify/verify-options.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

const TABLE = "DIGESTED";
const ROWS = 6_000;

/** Two rows, as SQL values of A, B, BYTES and AT, that a careless digest takes for one another. */
const LOOKALIKES: readonly (readonly [one: string, other: string])[] = [
  ["'a', '', NULL, NULL", "'', 'a', NULL, NULL"],
  ["NULL, 'a', NULL, NULL", "'', 'a', NULL, NULL"],
  ["'a', NULL, NULL, NULL", "NULL, 'a', NULL, NULL"],
  ["'-', 'a', NULL, NULL", "NULL, 'a', NULL, NULL"],
  ["'a', '1:b', NULL, NULL", "'a1:b', '', NULL, NULL"],
  ["'a1:a', 'b', NULL, NULL", "'a', 'a1:b', NULL, NULL"],
  ["'a,b', 'c', NULL, NULL", "'a', 'b,c', NULL, NULL"],
  [`'"a', 'b"', NULL, NULL`, `'a', 'b', NULL, NULL`],
  ["'a)', '(b', NULL, NULL", "'a', 'b', NULL, NULL"],
  ["'ann', 'a', NULL, NULL", "'Ann', 'a', NULL, NULL"],
  ["'ann', 'a', NULL, NULL", "'ann ', 'a', NULL, NULL"],
  ["'\u00e9', 'a', NULL, NULL", "'e\u0301', 'a', NULL, NULL"],
  ["'😀', 'a', NULL, NULL", "'😁', 'a', NULL, NULL"],
  ["'a', 'a', HEX(00), NULL", "'a', 'a', HEX(0000), NULL"],
  ["'a', 'a', HEX(61), NULL", "'a', 'a', HEX(41), NULL"],
  ["'a', 'a', NULL, NULL", "'a', 'a', HEX(), NULL"],
  ["'a', 'a', NULL, '2021-03-04 05:06:07.123456'", "'a', 'a', NULL, '2021-03-04 05:06:07.123457'"],
];

describeDialects("A digest of a range", (dialect) => {
  let pair: BlueGreen;
  const isPostgres = dialect.name === "postgres";
  const literal = (sql: string): string => sql.replace(/HEX\((\w*)\)/, isPostgres ? "'\\x$1'" : "X'$1'");

  beforeAll(async () => {
    const [bytes, at] = isPostgres ? ["BYTEA", "TIMESTAMP(6)"] : ["VARBINARY(20)", "DATETIME(6)"];
    const text = isPostgres ? "TEXT" : "LONGTEXT";
    const schema = [
      `CREATE TABLE ${TABLE} (ID INTEGER NOT NULL, A ${text}, B ${text}, BYTES ${bytes}, AT ${at}, PRIMARY KEY (ID))`,
    ];
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: schema,
      targetSchema: schema,
      tables: [TABLE],
    });
  });
  afterAll(() => pair.close());

  async function digest(side: "source" | "target", after: number, limit: number) {
    const table = await pair.table(TABLE);
    const digestRange = pair[side].dialect.sql.digestRange as DigestRange;
    const columns = table.columns.map((column) => column[side]);
    const key = table.key.map((column) => column[side]);
    const statement = digestRange(table[side].name, columns, key, [String(after)], limit);
    const [row = {}] = await pair[side].db.query(statement.sql, statement.params);
    return {
      rows: String(row["_ROWS"]),
      digest: String(row["_DIGEST"]),
      last: row["ID"] == null ? null : String(row["ID"]),
    };
  }

  const fill = async (side: "source" | "target", rows: readonly string[]): Promise<void> => {
    await pair[side].test.exec([
      `DELETE FROM ${TABLE}`,
      `INSERT INTO ${TABLE} (ID, A, B, BYTES, AT) VALUES ${rows.map((row, n) => `(${n + 1}, ${literal(row)})`).join(", ")}`,
    ]);
  };

  let read = 0;
  const counting = (db: Database): Database => ({
    ...db,
    query: async (sql, params) => {
      const found = await db.query(sql, params);
      read += found.length;
      return found;
    },
  });
  const verified = async (options: Partial<VerifyOptions> = {}): Promise<readonly ReportedDifference[]> => {
    const plan = await pair.plan();
    const differences: ReportedDifference[] = [];
    const source = { ...pair.source, db: counting(pair.source.db) };
    const target = { ...pair.target, db: counting(pair.target.db) };
    read = 0;
    const report = await verify({
      plan,
      source,
      target,
      rowsFor: rowSources(plan, { source, target }),
      signal: new AbortController().signal,
      onDifference: (difference) => differences.push(difference),
      ...options,
    });
    expect(report.tables).toMatchObject([{ sourceRows: ROWS, targetRows: expect.any(Number) }]);
    return differences;
  };

  test("is the same for the same rows and another one for rows that look alike", async () => {
    await fill(
      "source",
      LOOKALIKES.map(([one]) => one),
    );
    await fill(
      "target",
      LOOKALIKES.map(([one]) => one),
    );
    for (let n = 0; n < LOOKALIKES.length; n++)
      expect(await digest("source", n, 1), `row ${n}`).toEqual(await digest("target", n, 1));
    expect(await digest("source", 0, 100)).toEqual(await digest("target", 0, 100));
    await fill(
      "target",
      LOOKALIKES.map(([, other]) => other),
    );
    for (let n = 0; n < LOOKALIKES.length; n++)
      expect((await digest("source", n, 1)).digest, `row ${n}`).not.toBe(
        (await digest("target", n, 1)).digest,
      );
  });

  test("names the last key of a full range, none of one that ends before, and counts no row of an empty one", async () => {
    await fill(
      "source",
      LOOKALIKES.map(([one]) => one),
    );
    expect(await digest("source", 3, 4)).toMatchObject({ rows: "4", last: "7" });
    expect(await digest("source", 3, 1_000)).toMatchObject({
      rows: String(LOOKALIKES.length - 3),
      last: null,
    });
    expect(await digest("source", 1_000, 10)).toMatchObject({ rows: "0", last: null });
  });

  test.runIf(!isPostgres)("of a row too large for the server to digest agrees with no other", async () => {
    const large = (letter: string): string => `REPEAT('${letter}', FLOOR(@@max_allowed_packet * 0.6))`;
    await fill("source", ["'a', 'a', NULL, NULL"]);
    await fill("target", ["'a', 'a', NULL, NULL"]);
    await pair.source.test.exec([`UPDATE ${TABLE} SET A = ${large("x")}, B = ${large("y")}`]);
    await pair.target.test.exec([`UPDATE ${TABLE} SET A = ${large("x")}, B = ${large("z")}`]);
    expect((await digest("source", 0, 1)).digest).not.toBe((await digest("target", 0, 1)).digest);
  });

  test("spares verify the rows of ranges that agree, and the rows of others are compared one by one", async () => {
    const rows = Array.from({ length: ROWS }, (_, n) => `'a${n}', 'b', NULL, NULL`);
    await fill("source", rows);
    await fill("target", rows);
    expect(await verified()).toEqual([]);
    expect(read).toBeLessThan(ROWS / 50);
    await pair.target.test.exec([
      `UPDATE ${TABLE} SET B = 'c' WHERE ID = 1`,
      `DELETE FROM ${TABLE} WHERE ID = 2001`,
      `DELETE FROM ${TABLE} WHERE ID = ${ROWS}`,
      `INSERT INTO ${TABLE} (ID, A) VALUES (0, 'x'), (${ROWS + 1}, 'y')`,
    ]);
    expect((await verified()).map(({ kind, key }) => `${kind} ${key["ID"]}`).sort()).toEqual([
      "different 1",
      "extra 0",
      `extra ${ROWS + 1}`,
      "missing 2001",
      `missing ${ROWS}`,
    ]);
  });

  test("does not outrun --max-rows-per-second", async () => {
    const rows = Array.from({ length: ROWS }, (_, n) => `'a${n}', 'b', NULL, NULL`);
    await fill("source", rows);
    await fill("target", rows);
    const started = performance.now();
    expect(await verified({ pace: createPace(3_000) })).toEqual([]);
    // Of 12,000 rows the last 3,000 are not waited for.
    expect(performance.now() - started).toBeGreaterThan(2_900);
    expect(read).toBeLessThan(ROWS / 50);
  });
});
