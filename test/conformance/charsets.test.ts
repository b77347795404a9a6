import { afterAll, describe, expect, test } from "vitest";
import type { Key } from "../../src/contract/change.ts";
import type { TablePlan } from "../../src/contract/sync-plan.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import { verify } from "../../src/verify/verify.ts";
import type { VerifyOptions } from "../../src/verify/verify-options.ts";
import { type BlueGreen, openBlueGreen, type Side } from "../support/blue-green.ts";
import {
  type CharsetTable,
  createTable,
  insertWords,
  keyFor,
  literal,
  schemaOf,
  tablesOf,
} from "../support/charset-tables.ts";
import { charsetsOf, encodingsOf, POSTGRES_COLLATIONS, withEncoding } from "../support/charsets.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";
import { type TestDialectName, testEnv } from "../support/env.ts";

/** Character set or collation x shape of the key x word x operation. */
let combinations = 0;

const LETTERS_LEFT = 1_000_000;

async function verified(pair: BlueGreen, options: Partial<VerifyOptions> = {}): Promise<readonly string[]> {
  const plan = await pair.plan();
  const found: string[] = [];
  await verify({
    plan,
    source: pair.source,
    target: pair.target,
    rowsFor: rowSources(plan, pair),
    patienceMs: 300,
    signal: new AbortController().signal,
    onDifference: ({ table, kind, repaired }) =>
      found.push([table, kind, ...(repaired === undefined ? [] : [repaired])].join(" ")),
    ...options,
  });
  return found.sort();
}

/** `name kind`, as often as the rows that a query counts. */
async function counted({ test }: Side, kind: string, table: CharsetTable, where: string): Promise<string[]> {
  const [row] = await test.query(`SELECT COUNT(*) AS N FROM ${table.name} WHERE ${where}`);
  return Array(Number(row?.["N"])).fill(`${table.name} ${kind}`);
}

const runAll = (pair: BlueGreen, batchSize: number): Promise<void> =>
  pair.run({ batchSize, deadLetterLimit: LETTERS_LEFT }).catch((error: { code?: unknown }) => {
    if (error.code !== "DEAD_LETTERS_LEFT") throw error;
  });

async function open(dialect: TestDialect, encoding: string, isWide: boolean) {
  const name = dialect.name as TestDialectName;
  const encoded = name === "postgres" ? withEncoding(dialect, encoding) : dialect;
  const probe = await openBlueGreen({ source: encoded, sourceSchema: [], targetSchema: [], tables: [] });
  let tables: readonly CharsetTable[];
  try {
    const charsets = charsetsOf(dialect, testEnv.allCharsets());
    // A text cannot become bytes.
    tables = await tablesOf(
      probe.source,
      charsets.filter(({ name: charset }) => !isWide || charset !== "binary"),
      testEnv.allCharsets(),
    );
  } finally {
    await probe.close();
  }
  // "C" and utf8mb4_bin tell apart what any of the targets tells apart.
  const widest = name === "postgres" ? 'COLLATE "C"' : "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
  const pair = await openBlueGreen({
    source: isWide ? dialect : encoded,
    target: encoded,
    sourceVersion: "5.11.0",
    sourceSchema: isWide
      ? [
          ...(name === "postgres" ? POSTGRES_COLLATIONS : []),
          ...tables.map((table) => createTable(table, widest)),
        ]
      : schemaOf(name, tables),
    targetSchema: schemaOf(name, tables),
    tables: tables.map((table) => table.name),
  });
  const count = (operations: number): void => {
    for (const { held, lost } of tables) combinations += (held.length + lost.length) * operations;
  };
  return { name, tables, pair, count };
}

const expectEqualRows = async (pair: BlueGreen, tables: readonly CharsetTable[]): Promise<void> => {
  for (const { name } of tables)
    expect(await pair.rows("target", name), name).toEqual(await pair.rows("source", name));
};

describeDialects(
  "Letters of every script",
  (dialect) => {
    afterAll(() => {
      process.stdout.write(
        `${dialect.name}: ${combinations} combinations of character set, key, word and operation\n`,
      );
    });

    describe.each(encodingsOf(dialect, testEnv.allCharsets()))("in an encoding: %s", (encoding) => {
      test("are written, changed, deleted, compared and mended by key, and those that a column lacks meet nothing", {
        timeout: 600_000,
      }, async () => {
        const { name, tables, pair, count } = await open(dialect, encoding, false);
        const { source, target } = pair;
        try {
          for (const side of [source, target])
            await side.test.exec(tables.map((table) => insertWords(name, table, table.held)));
          await pair.prepare();
          await source.test.exec(
            tables.flatMap(({ name: table }) => [
              `DELETE FROM ${table} WHERE V % 4 = 0`,
              `UPDATE ${table} SET V = V + 1000 WHERE V % 4 = 1`,
              `UPDATE ${table} SET K = UPPER(K) WHERE V % 4 = 2`,
              `UPDATE ${table} SET K = CONCAT(K, 'x') WHERE V % 4 = 3`,
            ]),
          );
          await runAll(pair, 30);
          await expectEqualRows(pair, tables);
          expect(await verified(pair)).toEqual([]);

          const damaged: string[] = [];
          for (const table of tables) {
            damaged.push(...(await counted(target, "missing", table, "V % 3 = 0")));
            damaged.push(...(await counted(target, "different", table, "V % 3 = 1")));
            damaged.push(...(await counted(target, "extra", table, "V % 3 = 2")));
            const columns = table.shape === "TWO" ? "T, CONCAT(K, 'yy')" : "CONCAT(K, 'yy')";
            await target.test.exec([
              `DELETE FROM ${table.name} WHERE V % 3 = 0`,
              `INSERT INTO ${table.name} SELECT ${columns}${table.shape === "BOTH" ? ", L" : ""}, 0 FROM ${table.name} WHERE V % 3 = 2`,
              `UPDATE ${table.name} SET V = -V WHERE V % 3 = 1`,
            ]);
          }
          expect(await verified(pair)).toEqual(damaged.sort());
          expect(await verified(pair, { repair: { deleteExtra: true }, pageSize: 7 })).toEqual(
            damaged.map((difference) => `${difference} true`),
          );
          await expectEqualRows(pair, tables);
          expect(await verified(pair)).toEqual([]);

          for (const table of tables) {
            await expectLostMeetNothing(pair, await pair.table(table.name), table);
            await expectWholeInPages(pair, table);
          }
          count(12);
        } finally {
          await pair.close();
        }
      });

      test("that the target lacks are set aside, found missing, and gone when the source deletes them", {
        timeout: 600_000,
      }, async () => {
        const { name, tables, pair, count } = await open(dialect, encoding, true);
        try {
          await pair.prepare();
          const insert = tables.map((table) => insertWords(name, table, table.held));
          await pair.target.test.exec(insert);
          // Only words that are different rows on the target too.
          for (const { name: table, shape } of tables) {
            const rows = await pair.target.test.query(`SELECT * FROM ${table}`);
            const columns = { ONE: ["K"], TWO: ["T", "K"], BOTH: ["K", "L"] }[shape];
            const texts = rows.map((row) =>
              [
                ...columns.map((column) => literal(name, Buffer.from(row[column] ?? "").toString())),
                row["V"],
              ].join(", "),
            );
            await pair.source.test.exec(`INSERT INTO ${table} VALUES (${texts.join("), (")})`);
          }
          const withLost = tables.filter(({ lost }) => lost.length > 0);
          for (const table of withLost) await pair.source.test.exec(insertWords(name, table, table.lost));
          await runAll(pair, 30);
          const missing = withLost.flatMap((table) => table.lost.map(() => `${table.name} missing`)).sort();
          expect(await verified(pair)).toEqual(missing);
          expect(await verified(pair, { repair: { deleteExtra: true } })).toEqual(
            missing.map((difference) => `${difference} false`),
          );
          await pair.source.test.exec(
            withLost.flatMap((table) =>
              table.lost.map((word) => `DELETE FROM ${table.name} WHERE K = ${literal(name, word)}`),
            ),
          );
          await pair.run({ batchSize: 30 });
          await pair.run({ batchSize: 30, until: "one pass" });
          expect(await verified(pair)).toEqual([]);
          count(4);
        } finally {
          await pair.close();
        }
      });
    });
  },
  ["postgres", "mariadb", "mysql"],
);

/** A key with a letter that the column cannot hold equals nothing there, least of all what conversion would make of it. */
async function expectLostMeetNothing(pair: BlueGreen, plan: TablePlan, table: CharsetTable): Promise<void> {
  const keys = (words: readonly string[]): readonly Key[] => words.map((word) => keyFor(table.shape, word));
  const rows = await pair.rows("target", table.name);
  for (const side of [pair.source, pair.target]) {
    const columns = plan.key.map((column) => column[side === pair.source ? "source" : "target"]);
    const found = async (searched: readonly Key[]): Promise<number> => {
      const statement = side.dialect.sql.readRows(
        side === pair.source ? plan.source.name : plan.target.name,
        columns,
        columns,
        searched,
      );
      return (await side.db.query(statement.sql, statement.params)).length;
    };
    const present = rows.map((row) => plan.key.map(({ name }) => row[name] ?? null));
    expect(await found([...present, ...keys(table.lost)]), table.name).toBe(rows.length);
    for (const key of keys(table.lost)) expect(await found([key]), `${table.name} ${key}`).toBe(0);
    if (table.lost.length > 0) expect(await found(keys(table.lost)), table.name).toBe(0);
  }
  for (const key of keys(table.lost)) {
    const statement = pair.source.dialect.sql.laterChange(plan, 0n, key);
    expect(await pair.source.db.query(statement.sql, statement.params)).toEqual([]);
  }
  if (table.lost.length === 0) return;
  await pair.target.db.transaction(async (tx) => {
    for (const exactly of [false, true])
      await pair.target.dialect.deleteRows(tx, plan, keys(table.lost), exactly);
  });
  expect(await pair.rows("target", table.name)).toEqual(rows);
}

/** Page after page by the database's own order, each row is met once. */
async function expectWholeInPages(pair: BlueGreen, table: CharsetTable): Promise<void> {
  const plan = await pair.table(table.name);
  const columns = plan.key.map(({ target }) => target);
  const { dialect, db } = pair.target;
  const seen: string[] = [];
  for (let after: Key | undefined; ; ) {
    const statement = dialect.sql.readKeyRange(plan.target.name, columns, columns, after, 3);
    const page = await db.query(statement.sql, statement.params);
    const keys = page.map((row) =>
      columns.map((column) => dialect.codec.decode(column, row[column.name.toUpperCase()])),
    );
    seen.push(...keys.map((key) => JSON.stringify(key)));
    after = keys.at(-1);
    if (page.length < 3) break;
  }
  expect(new Set(seen).size, table.name).toBe(seen.length);
  expect(seen.length, table.name).toBe((await pair.rows("target", table.name)).length);
}
