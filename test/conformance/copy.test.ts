import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { listDeadLetters } from "../../src/apply/dead-letter.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { purgeJournal } from "../../src/journal/purge.ts";
import { deleteState, stateTable } from "../../src/state/state.ts";
import { findPurgeable } from "../../src/status/purgeable.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { copied } from "../support/copied.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitUntilBlocked } from "../support/lock-waits.ts";
import { runTraffic, TRAFFIC_PARENTS } from "../support/traffic.ts";
import { verified } from "../support/verified.ts";
import { waitFor } from "../support/wait-for.ts";
import { watchedDatabase } from "../support/watched-database.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const USER_DATA = "IDN_IDENTITY_USER_DATA";
/** Identity providers have a UUID since 5.10.0. */
const GREEN_PARENTS = [
  "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (1, -1234, 'LOCAL', 'u1'), (2, 1, 'LOCAL', 'u2')",
  ...TRAFFIC_PARENTS.slice(1),
];
const users = (...names: readonly string[]): string =>
  `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES ${names
    .map((name) => `(1, '${name}', 'k', 'v')`)
    .join(", ")}`;
const many = (count: number): string => users(...Array.from({ length: count }, (_, n) => `u${100 + n}`));

describeDialects("A copy", (dialect) => {
  let pair: BlueGreen;

  /** What `verify` calls missing, extra or different. */
  const differences = async () => (await verified(pair)).differences;
  const names = async (): Promise<readonly unknown[]> =>
    (await pair.rows("target", USER_DATA)).map((row) => row["USER_NAME"] ?? row["user_name"]);
  const letters = async () => {
    const store = {
      dialect: pair.target.dialect,
      name: deadLettersName((await pair.table(USER_DATA)).target.name),
    };
    const found = [...(await listDeadLetters(pair.target.db, store))];
    return found
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ position, reason, attempts }) => [position, reason, attempts]);
  };
  /** The target, with something that happens once, when a page was read and is about to be written. */
  const between = (happens: () => Promise<unknown>) => {
    let hasHappened = false;
    const db = watchedDatabase(pair.target.db, {
      before: async (sql) => {
        if (hasHappened || !/^(LOCK TABLE|SELECT LANE) /.test(sql)) return;
        hasHappened = true;
        await happens();
      },
    });
    return { ...pair.target, db };
  };

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceSchema: createTables(dialect.name, "5.9.0"),
      targetSchema: createTables(dialect.name, "5.11.0"),
      tables: [TOKENS, SCOPES, USER_DATA],
      connections: 12,
    });
    await pair.source.test.exec(TRAFFIC_PARENTS);
    await pair.target.test.exec(GREEN_PARENTS);
    // Before capture: what a dump without these tables leaves behind.
    await runTraffic(pair.source.test, { transactions: 40, name: "before" });
    await pair.prepare();
  });
  afterAll(() => pair.close());
  beforeEach(async () => {
    await pair.run();
    for (const side of [pair.source, pair.target]) await side.test.exec(`DELETE FROM ${USER_DATA}`);
    await pair.run();
    const state = stateTable(pair.target.dialect, planTables(await pair.plan()));
    await deleteState(pair.target.db, state, `copy/${USER_DATA}`);
  });

  test("brings rows from before prepare, transformed, parents first, and leaves what is there as it is", async () => {
    const { tables, refused } = await copied(pair, { tables: [TOKENS, SCOPES], pageSize: 7 });
    expect(refused).toEqual([]);
    expect(tables[TOKENS]?.written).toBeGreaterThan(20);
    expect(tables[TOKENS]).toMatchObject({ isDone: true, refused: 0, written: tables[TOKENS]?.rows });
    expect(await differences()).toEqual([]);

    const [token] = await pair.target.test.query(`SELECT TOKEN_ID FROM ${TOKENS} ORDER BY TOKEN_ID`);
    const id = token?.["TOKEN_ID"] ?? token?.["token_id"];
    await pair.target.test.exec(`UPDATE ${TOKENS} SET USER_TYPE = 'OWN' WHERE TOKEN_ID = '${id}'`);
    // Done before, it begins anew.
    expect((await copied(pair, { tables: [TOKENS] })).tables[TOKENS]).toMatchObject({
      written: 0,
      refused: 0,
    });
    expect(await differences()).toHaveLength(1);
    await pair.target.test.exec(
      `UPDATE ${TOKENS} SET USER_TYPE = 'APPLICATION_USER' WHERE TOKEN_ID = '${id}'`,
    );
  });

  test("that expects none of a page's rows finds those that are there all the same, and leaves them as they are", async () => {
    await pair.source.test.exec([many(20)]);
    await pair.run();
    await pair.target.test.exec([
      `DELETE FROM ${USER_DATA} WHERE USER_NAME NOT IN ('u110', 'u111', 'u117')`,
      `UPDATE ${USER_DATA} SET DATA_VALUE = 'own'`,
    ]);
    const { tables, refused } = await copied(pair, { tables: [USER_DATA], pageSize: 3 });
    expect(refused).toEqual([]);
    expect(tables[USER_DATA]).toMatchObject({ rows: 20, written: 17, refused: 0 });
    expect(await names()).toHaveLength(20);
    const [own] = await pair.target.test.query(
      `SELECT COUNT(*) AS N FROM ${USER_DATA} WHERE DATA_VALUE = 'own'`,
    );
    expect(String(own?.["N"] ?? own?.["n"])).toBe("3");
  });

  test("brings back no row, and no older image, that a run has dealt with since the page was read", async () => {
    await pair.source.test.exec([many(40)]);
    await pair.run();
    await pair.target.test.exec(`DELETE FROM ${USER_DATA}`);
    const target = between(async () => {
      await pair.source.test.exec([
        `DELETE FROM ${USER_DATA} WHERE USER_NAME = 'u101'`,
        `UPDATE ${USER_DATA} SET USER_NAME = 'renamed' WHERE USER_NAME = 'u102'`,
        `UPDATE ${USER_DATA} SET DATA_VALUE = 'newer' WHERE USER_NAME = 'u103'`,
        `DELETE FROM ${USER_DATA} WHERE USER_NAME = 'u104'`,
        users("u104"),
        `DELETE FROM ${USER_DATA} WHERE USER_NAME = 'u104'`,
      ]);
      await pair.run();
    });
    await copied(pair, { tables: [USER_DATA], target });
    expect(await differences()).toEqual([]);
    expect(await names()).toEqual(expect.not.arrayContaining(["u101", "u102", "u104"]));
  });

  test("reads a page again whose changes were applied and purged meanwhile", async () => {
    await pair.source.test.exec([many(20)]);
    await pair.run();
    await pair.target.test.exec(`DELETE FROM ${USER_DATA}`);
    const target = between(async () => {
      await pair.source.test.exec([`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'u101'`, users("last")]);
      await pair.run();
      const table = await pair.table(USER_DATA);
      const purgeable = await findPurgeable(pair.target, planTables(await pair.plan()), table);
      expect(purgeable).toBeDefined();
      await purgeJournal(pair.source, table, purgeable?.upTo ?? 0n);
    });
    await copied(pair, { tables: [USER_DATA], target });
    expect(await differences()).toEqual([]);
    expect(await names()).not.toContain("u101");
  });

  test("writes pages side by side, and a run that deletes a row of one waits for them", async () => {
    await pair.source.test.exec([many(40)]);
    await pair.run();
    await pair.target.test.exec(`DELETE FROM ${USER_DATA}`);
    let writing = 0;
    let running: Promise<unknown> | undefined;
    const deleteIt = async () => {
      await pair.source.test.exec(`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'u101'`);
      await pair.run();
    };
    const db = watchedDatabase(pair.target.db, {
      before: async (sql) => {
        if (!/INSERT/i.test(sql) || (!sql.includes("DATA_VALUE") && !sql.includes("data_value"))) return;
        writing += 1;
        if (writing > 2) return;
        await waitFor(() => writing >= 2, { what: "two pages that are written at the same time" });
        running ??= deleteIt();
        await Promise.race([running, waitUntilBlocked(pair.target.test)]);
      },
    });
    const { tables } = await copied(pair, {
      tables: [USER_DATA],
      target: { ...pair.target, db },
      pageSize: 10,
      parallelism: 2,
    });
    await running;
    expect(writing).toBeGreaterThanOrEqual(4);
    expect(tables[USER_DATA]).toMatchObject({ rows: 40, written: 40, isDone: true });
    expect(await names()).not.toContain("u101");
    expect(await differences()).toEqual([]);
  });

  test("that is stopped goes on where it was, from any host", async () => {
    await pair.source.test.exec([many(60)]);
    await pair.run();
    await pair.target.test.exec(`DELETE FROM ${USER_DATA}`);
    const stop = new AbortController();
    const first = await copied(pair, {
      tables: [USER_DATA],
      pageSize: 10,
      signal: stop.signal,
      onProgress: (_, { rows }) => rows >= 20 && stop.abort(),
    });
    expect(first.tables[USER_DATA]).toMatchObject({ rows: 20, isDone: false });
    // What its statistics know by then is what the operator sees as the total.
    const { name } = (await pair.table(USER_DATA)).source;
    await pair.source.test.query(`ANALYZE${dialect.name === "postgres" ? "" : " TABLE"} ${name}`);
    const about = pair.source.dialect.sql.estimateRows(name);
    const [estimate] = await pair.source.db.query(about.sql, about.params);
    expect(Number(estimate?.["n"])).toBeGreaterThan(0);
    const reads: string[] = [];
    const db = watchedDatabase(pair.source.db, {
      before: (sql, values) => void (/ORDER BY/i.test(sql) && reads.push(`${sql} ${values}`)),
    });
    const second = await copied(pair, { tables: [USER_DATA], pageSize: 10, source: { ...pair.source, db } });
    expect(second.tables[USER_DATA]).toMatchObject({ rows: 60, written: 60, isDone: true });
    expect(reads[0]).toContain("u119");
    expect(await differences()).toEqual([]);
  });

  test("writes all of a page but what the target refuses: dead letters, which copy, repair or a change mends", async () => {
    await pair.source.test.exec([many(30)]);
    await pair.run();
    await pair.target.test.exec([
      `DELETE FROM ${USER_DATA}`,
      `ALTER TABLE ${USER_DATA} ADD CONSTRAINT NOT_THIS CHECK (USER_NAME < 'u107' OR USER_NAME > 'u109')`,
    ]);
    try {
      const { tables, refused } = await copied(pair, { tables: [USER_DATA], pageSize: 20 });
      expect(tables[USER_DATA]).toMatchObject({ rows: 30, written: 27, refused: 3, isDone: true });
      expect(refused.map(({ key }) => key)).toEqual(
        ["u107", "u108", "u109"].map((name) => ({ TENANT_ID: "1", USER_NAME: name, DATA_KEY: "k" })),
      );
      expect(await letters()).toEqual(refused.map(({ reason }) => [0n, reason, 1]));
      await expect(copied(pair, { tables: [USER_DATA], deadLetterLimit: 2 })).rejects.toMatchObject({
        code: "ROW_REFUSED",
      });
      expect(await letters()).toEqual(refused.map(({ reason }) => [0n, reason, 2]));
    } finally {
      await pair.target.test.exec(`ALTER TABLE ${USER_DATA} DROP CONSTRAINT NOT_THIS`);
    }
    // Nothing of the journal is kept for their sake.
    const table = await pair.table(USER_DATA);
    const purgeable = await findPurgeable(pair.target, planTables(await pair.plan()), table);
    expect(purgeable?.upTo).toBe(purgeable?.checkpoint.position);
    await expect(pair.run()).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });

    await pair.source.test.exec(`UPDATE ${USER_DATA} SET DATA_VALUE = 'newer' WHERE USER_NAME = 'u107'`);
    await expect(pair.run()).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    expect(await letters()).toHaveLength(2);
    const mend = { tables: [USER_DATA], repair: { deleteExtra: false } };
    const [u108] = (await verified(pair)).differences;
    expect(u108?.kind).toBe("missing");
    await pair.source.test.exec(`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'u109'`);
    await expect(pair.run()).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    await verified(pair, mend);
    expect(await letters()).toEqual([]);
    await pair.run();
    expect(await differences()).toEqual([]);
  });

  test("takes the letters away of rows that it brings at last, and of rows that are gone", async () => {
    await pair.source.test.exec([many(3)]);
    await pair.run();
    await pair.target.test.exec([
      `DELETE FROM ${USER_DATA}`,
      `ALTER TABLE ${USER_DATA} ADD CONSTRAINT NOT_THIS CHECK (USER_NAME > 'u101')`,
    ]);
    try {
      expect((await copied(pair, { tables: [USER_DATA] })).tables[USER_DATA]).toMatchObject({ refused: 2 });
    } finally {
      await pair.target.test.exec(`ALTER TABLE ${USER_DATA} DROP CONSTRAINT NOT_THIS`);
    }
    // No run has heard of it yet.
    await pair.source.test.exec(`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'u100'`);
    expect(await letters()).toHaveLength(2);
    expect((await copied(pair, { tables: [USER_DATA] })).tables[USER_DATA]).toMatchObject({ written: 1 });
    expect(await letters()).toEqual([]);
    await pair.run();
    expect(await differences()).toEqual([]);
  });

  test("beside users, a run and another copy ends with both sides equal", async () => {
    await pair.target.test.exec([`DELETE FROM ${SCOPES}`, `DELETE FROM ${TOKENS}`]);
    const stop = new AbortController();
    const running = pair.run({ until: "stopped", signal: stop.signal });
    try {
      const [, ...copies] = await Promise.all([
        runTraffic(pair.source.test, { transactions: 60, name: "beside" }),
        copied(pair, { pageSize: 5, parallelism: 3 }),
        copied(pair, { pageSize: 11 }),
      ]);
      expect(copies.flatMap(({ refused }) => refused)).toEqual([]);
    } finally {
      stop.abort();
      await running;
    }
    await pair.run();
    expect(await differences()).toEqual([]);
  });
});
