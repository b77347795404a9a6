import { afterAll, beforeAll, expect, test } from "vitest";
import type { Key } from "../../src/contract/change.ts";
import type { Statement } from "../../src/contract/dialect.ts";
import type { TablePlan } from "../../src/contract/sync-plan.ts";
import type { Queryable } from "../../src/db/database.ts";
import type { Param } from "../../src/db/param.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

const ROWS = 20_000;
/** Names with letters beyond ASCII, and some that latin1 cannot hold. */
const NAMES = ["zoë", "niña", "plain", "Иван", "日本", "😀"];

const keyOf = (n: number): Key => [String(n % 7), `${NAMES[n % NAMES.length]}${n}`, `claim ${n}`];
const keys = (count: number): readonly Key[] => Array.from({ length: count }, (_, n) => keyOf(n));

describeDialects(
  "The primary key's index",
  (dialect) => {
    const isPostgres = dialect.name === "postgres";
    let pair: BlueGreen;
    let table: TablePlan;

    beforeAll(async () => {
      const columns = "TENANT INT NOT NULL, NAME VARCHAR(100) NOT NULL, CLAIM VARCHAR(100) NOT NULL, V INT";
      const key = "PRIMARY KEY (TENANT, NAME, CLAIM)";
      const schema = [`CREATE TABLE K (${columns}, ${key})${isPostgres ? "" : " CHARACTER SET latin1"}`];
      pair = await openBlueGreen({
        source: dialect,
        sourceVersion: "5.11.0",
        sourceSchema: schema,
        targetSchema: schema,
        tables: ["K"],
      });
      table = await pair.table("K");
      const held = isPostgres ? NAMES : NAMES.filter((name) => /^[\0-\xff]*$/.test(name));
      const rows = Array.from(
        { length: ROWS },
        (_, n) => `(${n % 7}, '${held[n % held.length]}${n}', 'claim ${n}', ${n})`,
      );
      for (let i = 0; i < ROWS; i += 5_000)
        await pair.target.test.exec(`INSERT INTO K VALUES ${rows.slice(i, i + 5_000).join(", ")}`);
      await pair.target.test.exec(isPostgres ? "ANALYZE K" : "ANALYZE TABLE K");
    });
    afterAll(() => pair.close());

    const explain = { postgres: "EXPLAIN", mariadb: "EXPLAIN", mysql: "EXPLAIN FORMAT=TRADITIONAL" }[
      dialect.name as "postgres"
    ];

    async function expectIndex({ sql, params }: Statement): Promise<void> {
      const session = await pair.target.db.session();
      // Of a table as small as this one PostgreSQL reads all rows rather than many: could it use the index?
      if (isPostgres)
        await session.query(
          "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off",
        );
      const rows = await session.query(`${explain} ${sql}`, params);
      await session.release();
      if (isPostgres) {
        const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
        expect(plan).toMatch(/Index Cond: \(\(tenant = .* AND \(\(?name\)?.* AND \(\(?claim\)?/);
        expect(plan).not.toMatch(/Seq Scan/);
        return;
      }
      expect(rows).toMatchObject([{ type: expect.stringMatching(/^(range|const)$/), key: "PRIMARY" }]);
      // All three parts of the key: tenant, name and claim have 4 and 100 and 100 bytes, and each name's length 2.
      expect(rows[0]?.["key_len"]).toBe("208");
    }

    const written = async (work: (tx: Queryable) => Promise<unknown>): Promise<readonly Statement[]> => {
      const statements: Statement[] = [];
      const note = (sql: string, params: readonly Param[] = []): void =>
        void statements.push({ sql, params });
      await work({
        query: async (sql, params, options) => {
          if (/@@max_allowed_packet/.test(sql)) return await pair.target.db.query(sql, params, options);
          note(sql, params);
          return [];
        },
        execute: async (sql, params) => {
          note(sql, params);
          return 0;
        },
      });
      return statements;
    };

    test.each([1, 2, 500, 5_000])(
      "is used to read %i keys with letters in the column and beyond it",
      async (count) => {
        const columns = table.key.map(({ target }) => target);
        await expectIndex(
          pair.target.dialect.sql.readRows(
            "K".toLowerCase() === table.target.name ? "k" : "K",
            columns,
            columns,
            keys(count),
          ),
        );
      },
    );

    test.each([false, true])("is used to delete 5,000 keys, byte by byte: %s", async (exactly) => {
      const { dialect: target } = pair.target;
      const statements = await written((tx) => target.deleteRows(tx, table, keys(5_000), exactly));
      expect(statements.length).toBeGreaterThan(0);
      for (const statement of statements) await expectIndex(statement);
    });

    test("is walked from a key on", async () => {
      const columns = table.key.map(({ target }) => target);
      const { sql } = pair.target.dialect;
      const statement = sql.readKeyRange(table.target.name, columns, columns, keyOf(6_006), 100);
      const rows = await pair.target.db.query(`${explain} ${statement.sql}`, statement.params);
      if (isPostgres) expect(JSON.stringify(rows)).toMatch(/Index (Only )?Scan/);
      else expect(rows).toMatchObject([{ type: "range", key: "PRIMARY" }]);
      expect(JSON.stringify(rows)).not.toMatch(/filesort|Sort/);
    });

    test.runIf(isPostgres)("is walked where the server knows nothing of a table's rows", async () => {
      // As after a restore, before autovacuum has come to it: by its columns' lengths it seems to hold few rows, and all of them
      // would be read and sorted for each page.
      await pair.target.test.exec([
        "CREATE TABLE fresh (LIKE k INCLUDING ALL, token VARCHAR(2048), refresh VARCHAR(2048))",
        `INSERT INTO fresh SELECT k.*, repeat('x', 300), NULL FROM k ORDER BY md5(name)`,
      ]);
      const all = table.targetColumns.map(({ target }) => target);
      const key = table.key.map(({ target }) => target);
      const statement = pair.target.dialect.sql.readKeyRange("fresh", all, key, keyOf(6_006), 1_000);
      const plan = JSON.stringify(
        await pair.target.db.query(`${explain} ${statement.sql}`, statement.params),
      );
      expect(plan).toMatch(/Index Scan/);
      expect(plan).not.toMatch(/Sort/);
    });

    test.runIf(!isPostgres)("is used to lock rows that a batch is about to write", async () => {
      const rows = keys(500).map(([TENANT, NAME, CLAIM]) => ({ TENANT, NAME, CLAIM, V: "1" }));
      const unique = { ...table, targetUniqueKeys: [{ name: "u", columns: ["V"] }] };
      const [lock] = await written((tx) => pair.target.dialect.writeRows(tx, unique, rows as never, []));
      expect(lock?.sql).toMatch(/FOR UPDATE$/);
      await expectIndex(lock as Statement);
    });
  },
  ["postgres", "mariadb", "mysql"],
);
