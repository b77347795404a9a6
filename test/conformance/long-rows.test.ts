import { afterAll, beforeAll, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";
import { watchReads } from "../support/watch-reads.ts";
import { watchedDatabase } from "../support/watched-database.ts";

const textType = ({ name }: TestDialect): string =>
  ({ postgres: "TEXT", mssql: "VARCHAR(MAX)", oracle: "CLOB" })[name as string] ?? "MEDIUMTEXT";
const create = (dialect: TestDialect): string =>
  `CREATE TABLE L (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(20), T ${textType(dialect)})`;

/** More than one statement or one read may have. */
const LONG = 1_500_000;
const MOST = 8_000_000;

describeDialects("Rows of megabytes", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [create(dialect)],
      targetSchema: [create(dialect)],
      tables: ["L"],
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());

  const repeated = (letter: string): string =>
    dialect.name === "mssql"
      ? `REPLICATE(CONVERT(varchar(max), '${letter}'), ${LONG})`
      : dialect.name === "oracle"
        ? `TO_CLOB(RPAD('${letter}', 4000, '${letter}'))`
        : `REPEAT('${letter}', ${LONG})`;

  test.each([1, 3])(
    "among short ones are read and written few at a time (parallelism %i)",
    async (parallelism) => {
      const write: string[] = [];
      for (let i = 0; i < 40; i++) {
        write.push(`INSERT INTO L (ID, N, T) VALUES ('s${i}', 'x', 'short')`);
        if (i % 2 === 0)
          write.push(`INSERT INTO L (ID, N, T) VALUES ('l${i}', 'x', ${repeated("abcdefgh".charAt(i % 8))})`);
      }
      await pair.source.test.exec(write);
      let longestWrite = 0;
      const targetDb = watchedDatabase(pair.target.db, {
        before: (_sql, values) => {
          longestWrite = Math.max(longestWrite, values.length);
        },
      });
      const read = watchReads(pair.source.db);
      await pair.run({ sourceDb: read.db, targetDb, parallelism });
      const digest = async (side: "source" | "target") =>
        (await pair.rows(side, "L")).map(
          ({ ID, T }) => `${String(ID)} ${T?.length} ${String(T).slice(0, 2)}`,
        );
      expect(await digest("target")).toEqual(await digest("source"));
      expect(await pair.rows("target", "L")).toHaveLength(60);
      expect(read.most()).toBeGreaterThan(dialect.name === "oracle" ? 0 : LONG);
      expect(read.most()).toBeLessThan(MOST);
      expect(longestWrite).toBeLessThan(2 * MOST);
      await pair.source.test.exec("DELETE FROM L");
      await pair.run();
    },
  );
});
