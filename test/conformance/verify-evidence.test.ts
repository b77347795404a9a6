import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Dialect } from "../../src/contract/dialect.ts";
import type { Database } from "../../src/db/database.ts";
import type { VerifyOptions } from "../../src/verify/verify-options.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { verified } from "../support/verified.ts";
import { createTables } from "../support/wso2-tables.ts";

const USER_DATA = "IDN_IDENTITY_USER_DATA";
const NAMES = [...Array.from({ length: 60 }, (_, n) => `user${n}`), "niña", "zoë"];
const insert = (names: readonly string[]): string =>
  `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES ${names
    .map((name) => `(1, '${name}', 'k', 'v')`)
    .join(", ")}`;

/**
 * What hides rows from one way of reading, as a column's character set once did on MariaDB: none of several keys with
 * letters beyond ASCII was found, on both passes and at every second look.
 */
function blindTo(dialect: Dialect, hides: (key: string, keys: number) => boolean): Dialect {
  const readRows: Dialect["sql"]["readRows"] = (table, columns, keyColumns, keys) => {
    const isSeen = (key: (typeof keys)[number]): boolean => !hides(key.join(), keys.length);
    return dialect.sql.readRows(
      table,
      columns,
      keyColumns,
      keys.map((key) =>
        isSeen(key) ? key : key.map((value) => (/\D/.test(String(value)) ? "no such" : value)),
      ),
    );
  };
  return { ...dialect, sql: { ...dialect.sql, readRows } };
}

/** A reading in order that leaves a user out. */
function without(db: Database, user: string): Database {
  return {
    ...db,
    query: async (sql, params, options) => {
      const rows = await db.query(sql, params, options);
      return /ORDER BY/i.test(sql) ? rows.filter((row) => !Object.values(row).includes(user)) : rows;
    },
  };
}

describeDialects("Verify, when one way of reading hides rows,", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: createTables(dialect.name, "5.11.0", [USER_DATA]),
      targetSchema: createTables(dialect.name, "5.11.0", [USER_DATA]),
      tables: [USER_DATA],
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());
  beforeEach(async () => {
    await pair.source.test.exec([insert(NAMES)]);
    await pair.run();
  });
  afterEach(async () => {
    await pair.source.test.exec([`DELETE FROM ${USER_DATA}`]);
    await pair.run();
    await pair.target.test.exec([`DELETE FROM ${USER_DATA}`]);
  });

  /** Zoë is gone from blue and was left on green, niña's row is damaged. */
  const damage = async (): Promise<void> => {
    await pair.source.test.exec([`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'zoë'`]);
    await pair.run();
    await pair.target.test.exec([
      insert(["zoë"]),
      `UPDATE ${USER_DATA} SET DATA_VALUE = 'damaged' WHERE USER_NAME = 'niña'`,
    ]);
  };
  const through = (one: Dialect): Partial<VerifyOptions> => ({
    source: { ...pair.source, dialect: one },
    target: { ...pair.target, dialect: one },
  });
  const found = async (options: Partial<VerifyOptions>) => {
    const { differences, counts } = await verified(pair, { pageSize: 20, ...options });
    return {
      rows: differences
        .map(({ kind, key, columns }) => `${kind} ${key["USER_NAME"]} ${columns}`.trim())
        .sort(),
      counts: counts[USER_DATA],
      differences,
    };
  };

  test("finds the row left on green and the damaged one, though none of several such keys is found", async () => {
    await damage();
    const blind = blindTo(pair.source.dialect, (key, keys) => keys > 1 && /[^ -~]/.test(key));
    const { rows, counts } = await found(through(blind));
    expect(rows).toEqual(["different niña DATA_VALUE", "extra zoë"]);
    expect(counts).toMatchObject({ sourceRows: 61, targetRows: 62, different: 1, extra: 1 });
  });

  test("says that rows are not found by their keys, and repairs none of them, when no such key is found at all", async () => {
    await damage();
    const blind = blindTo(pair.source.dialect, (key) => /[^ -~]/.test(key));
    const { rows, differences } = await found({ ...through(blind), repair: { deleteExtra: true } });
    expect(new Set(rows)).toEqual(new Set(["unfindable niña", "unfindable zoë"]));
    for (const { repaired, reason } of differences)
      expect([repaired, reason]).toEqual([false, expect.stringMatching(/by its key does not find it/)]);
    expect(await pair.target.test.query(`SELECT USER_NAME FROM ${USER_DATA}`)).toHaveLength(62);
  });

  test("counts what reading in order leaves out: a row of green that nothing explains, and one of blue that was not read", async () => {
    await damage();
    const plain: Dialect = {
      ...pair.source.dialect,
      sql: { ...pair.source.dialect.sql, digestRange: undefined },
    };
    const source = { ...pair.source, dialect: plain };
    const target = { ...pair.target, dialect: plain };
    const once = { pageSize: 100 };
    const onGreen = await found({
      ...once,
      source,
      target: { ...target, db: without(pair.target.db, "zoë") },
    });
    expect(onGreen.rows).toEqual(["different niña DATA_VALUE"]);
    expect(onGreen.counts).toMatchObject({ sourceRows: 61, targetRows: 62, unexplained: 1, unread: 0 });
    const onBlue = await found({
      ...once,
      source: { ...source, db: without(pair.source.db, "niña") },
      target,
    });
    expect(onBlue.rows).toEqual(["different niña DATA_VALUE", "extra zoë"]);
    expect(onBlue.counts).toMatchObject({ unexplained: 0, unread: 1 });
  });

  test("takes a row that was deleted since it was read for gone, with a journal and without", async () => {
    let isDone = false;
    const deletes = (db: Database): Database => ({
      ...db,
      query: async (sql, params, options) => {
        const rows = await db.query(sql, params, options);
        // The damaged row was read on both sides and is about to be looked at again.
        if (isDone || !/FROM .*_sv\b/i.test(sql)) return rows;
        isDone = true;
        await pair.source.test.exec([`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'niña'`]);
        await pair.run();
        return rows;
      },
    });
    await damage();
    await pair.target.test.exec([`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'zoë'`]);
    let reads = 0;
    const db: Database = {
      ...pair.target.db,
      query: async (sql, params, options) => {
        // Not before the page that shows it.
        if (/ORDER BY/i.test(sql) && !/_sv\b/i.test(sql)) reads += 1;
        return await (reads > 0 ? deletes(pair.target.db) : pair.target.db).query(sql, params, options);
      },
    };
    const { rows, counts } = await found({ pageSize: 100, target: { ...pair.target, db } });
    expect(isDone).toBe(true);
    expect(rows).toEqual([]);
    expect(counts).toMatchObject({ sourceRows: 60, targetRows: 60, unexplained: 0, unread: 0 });
  });
});
