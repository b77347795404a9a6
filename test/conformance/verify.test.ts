import { afterAll, beforeAll, expect, test } from "vitest";
import type { StateStore, VerifyState } from "../../src/verify/progress-state.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { damage, fillManyTypes, MANY_TYPES, manyTypes } from "../support/corruptions.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { runTraffic, TRAFFIC_PARENTS } from "../support/traffic.ts";
import { verified } from "../support/verified.ts";
import { watchedDatabase } from "../support/watched-database.ts";
import { hasTwins } from "../support/wso2-migration-data.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const USER_DATA = "IDN_IDENTITY_USER_DATA";
/** The same parents where identity providers have a UUID, as since 5.10.0. */
const PARENTS_511 = [
  "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (1, -1234, 'LOCAL', 'u1'), (2, 1, 'LOCAL', 'u2')",
  ...TRAFFIC_PARENTS.slice(1),
];
const { rows: ROWS, damages: DAMAGES } = testEnv.verifySize();

function raise(what: string): never {
  throw new Error(what);
}

const inOrder = (all: readonly object[]): string[] => all.map((one) => JSON.stringify(one)).sort();

describeDialects("Verify", (dialect) => {
  let pair: BlueGreen;
  const tables = () => [...createTables(dialect.name, "5.11.0"), ...manyTypes(dialect.name)];

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: tables(),
      targetSchema: tables(),
      tables: [TOKENS, SCOPES, USER_DATA, MANY_TYPES],
    });
    await fillManyTypes(pair.source.test, 0, ROWS);
    await fillManyTypes(pair.target.test, 0, ROWS);
    for (const side of [pair.source, pair.target]) await side.test.exec(PARENTS_511);
  }, 600_000);
  afterAll(() => pair.close());

  test("every one of many random damages of every kind and column type is found, no value is named, repair mends them", {
    timeout: 900_000,
  }, async () => {
    const expected = await damage(pair.target.test, ROWS, DAMAGES, 4711);
    const { differences, counts, complete } = await verified(pair);
    expect(complete).toBe(true);
    expect(inOrder(differences.map(({ kind, key, columns }) => ({ kind, key, columns })))).toEqual(
      inOrder(expected),
    );
    expect(counts[MANY_TYPES]?.sourceRows).toBe(ROWS);
    // In large ranges there is always a damage: in small ones the digests of many agree.
    const inSmallRanges = await verified(pair, { pageSize: 50 });
    expect(inOrder(inSmallRanges.differences)).toEqual(inOrder(differences));
    expect(JSON.stringify(differences)).not.toMatch(/text \d|😀|😁|2021-03|long \d|9007199/);

    const withoutDelete = await verified(pair, { repair: { deleteExtra: false } });
    const extra = expected.filter(({ kind }) => kind === "extra").length;
    expect(withoutDelete.differences.filter(({ repaired }) => repaired === true)).toHaveLength(
      expected.length - extra,
    );
    expect(withoutDelete.differences.filter(({ repaired }) => repaired === false)).toHaveLength(extra);
    expect((await verified(pair)).differences.map(({ kind }) => kind)).toEqual(Array(extra).fill("extra"));
    await verified(pair, { repair: { deleteExtra: true } });
    expect((await verified(pair)).differences).toEqual([]);
    expect(await pair.target.test.query(`SELECT COUNT(*) AS N FROM ${MANY_TYPES}`)).toEqual([
      { N: String(ROWS) },
    ]);
  });

  test("stopped half-way it goes on where it was, and what it found before is counted", async () => {
    const first = await pair.target.test.query(
      `SELECT K_INT FROM ${MANY_TYPES} WHERE K_TEXT = (SELECT MIN(K_TEXT) FROM ${MANY_TYPES}) ORDER BY K_INT`,
    );
    const where = `WHERE K_INT = ${String(first[0]?.["K_INT"])}`;
    await pair.target.test.exec(`UPDATE ${MANY_TYPES} SET A_DATE = NULL ${where}`);
    let kept: VerifyState | undefined;
    const state: StateStore = {
      load: async () => kept,
      save: async (next) => {
        kept = next;
      },
    };
    const controller = new AbortController();
    const stopped = await verified(pair, {
      state,
      signal: controller.signal,
      onProgress: (table, { readSource }) => {
        if (table === MANY_TYPES && readSource >= 2_000) controller.abort();
      },
    });
    expect(stopped.complete).toBe(false);
    expect(stopped.differences).toHaveLength(1);
    expect(stopped.counts[MANY_TYPES]).toMatchObject({ sourceRows: null, targetRows: null, different: 1 });
    expect(kept?.finished).toBe(undefined);
    await expect(verified(pair, { state, repair: { deleteExtra: false } })).rejects.toMatchObject({
      code: "USAGE_INVALID",
      message: expect.stringMatching(/another comparison.*--repair was not given and is given/),
    });
    const began = stopped.counts[MANY_TYPES]?.readFrom;
    const resumed = await verified(pair, { state });
    expect(resumed.complete).toBe(true);
    expect(resumed.differences).toEqual([]);
    const all = { sourceRows: ROWS, targetRows: ROWS, readSource: ROWS, readTarget: ROWS };
    expect(resumed.counts[MANY_TYPES]).toMatchObject({ ...all, pending: 0, different: 1, readFrom: began });
    const finished = kept?.finished;
    expect(finished).toMatch(/^\d{4}-/);

    // What was found then says nothing of now.
    const told: string[] = [];
    const anew = await verified(pair, { state, onFinishedState: (when) => told.push(when) });
    expect(told).toEqual([finished]);
    expect(anew.differences).toHaveLength(1);
    expect(anew.counts[MANY_TYPES]?.readFrom).not.toBe(began);
    await verified(pair, { repair: { deleteExtra: false } });
  });

  test("a key that differs in case or blanks alone is a difference of that column where the database takes it for equal", async () => {
    await pair.source.test.exec(
      `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, 'Ann', 'k', 'v')`,
    );
    await pair.target.test.exec(
      `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, 'ann', 'k', 'v')`,
    );
    const { differences } = await verified(pair, { tables: [USER_DATA] });
    const found = inOrder(differences.map(({ kind, key, columns }) => ({ kind, key, columns })));
    const key = (name: string) => ({ TENANT_ID: "1", USER_NAME: name, DATA_KEY: "k" });
    expect(found).toEqual(
      dialect.name === "postgres" || dialect.name === "oracle"
        ? inOrder([
            { kind: "missing", key: key("Ann"), columns: [] },
            { kind: "extra", key: key("ann"), columns: [] },
          ])
        : inOrder([{ kind: "different", key: key("Ann"), columns: ["USER_NAME"] }]),
    );
    await verified(pair, { tables: [USER_DATA], repair: { deleteExtra: true } });
    expect((await verified(pair, { tables: [USER_DATA] })).differences).toEqual([]);
  });

  test("rows with changes that nothing applies are pending, other differences are told from them", async () => {
    await pair.prepare();
    await pair.source.test.exec([
      `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, 'bob', 'k', 'v')`,
      `DELETE FROM ${USER_DATA} WHERE USER_NAME = 'Ann'`,
    ]);
    await pair.target.test.exec(
      `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, 'zoe', 'k', 'v')`,
    );
    const { differences } = await verified(pair, { tables: [USER_DATA] });
    expect(differences.map(({ kind, key }) => `${kind} ${key["USER_NAME"]}`).sort()).toEqual([
      "extra zoe",
      "pending Ann",
      "pending bob",
    ]);
    // Carl has arrived by other ways than the journal: nothing differs, and yet he is on his way.
    const carl = `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, 'carl', 'k', 'v')`;
    for (const side of [pair.source, pair.target]) await side.test.exec([carl]);
    const { sourceRows, ...counts } =
      (await verified(pair, { tables: [USER_DATA] })).counts[USER_DATA] ?? raise("no counts");
    expect(counts).toMatchObject({
      targetRows: (sourceRows ?? 0) + 1,
      ...{ onTheirWay: 2, extra: 1, pending: 2, unexplained: 0, unread: 0 },
    });
    await pair.run();
    expect(
      (await verified(pair, { tables: [USER_DATA] })).differences.map(
        ({ kind, key }) => `${kind} ${key["USER_NAME"]}`,
      ),
    ).toEqual(["extra zoe"]);
    await verified(pair, { tables: [USER_DATA], repair: { deleteExtra: true } });
  });

  test("a healthy pair shows no difference while writers and a run go on, and repair does no harm to it", async () => {
    const stop = new AbortController();
    const running = pair.run({ until: "stopped", signal: stop.signal });
    let writing = true;
    const traffic = runTraffic(pair.source.test, { transactions: 150, name: "v" }).finally(() => {
      writing = false;
    });
    let rounds = 0;
    while (writing || rounds < 2) {
      const repair = rounds % 2 === 1 ? { repair: { deleteExtra: true } } : {};
      const { differences, counts } = await verified(pair, {
        patienceMs: 30_000,
        pageSize: 50,
        ...repair,
        tables: [TOKENS, SCOPES, USER_DATA],
      });
      expect(differences).toEqual([]);
      for (const { sourceRows, targetRows, ...one } of Object.values(counts)) {
        expect(one).toMatchObject({ pending: 0, unexplained: 0, unread: 0 });
        expect(sourceRows).not.toBe(null);
        expect(targetRows).toBe(sourceRows);
      }
      rounds++;
    }
    await traffic;
    const { counts } = await verified(pair, { patienceMs: 30_000 });
    stop.abort();
    await running;
    await pair.run();
    expect(counts[TOKENS]?.sourceRows).toBeGreaterThan(100);
    for (const table of [TOKENS, SCOPES, USER_DATA])
      expect(await pair.rows("target", table)).toEqual(await pair.rows("source", table));
  });
});

describeDialects("Verify across versions", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.7.0",
      sourceSchema: createTables(dialect.name, "5.7.0"),
      targetSchema: createTables(dialect.name, "5.11.0"),
      tables: [TOKENS, SCOPES, USER_DATA],
    });
    await pair.source.test.exec(TRAFFIC_PARENTS);
    await pair.target.test.exec(PARENTS_511);
    await pair.prepare();
    await runTraffic(pair.source.test, { writers: 2, transactions: 30 });
    await pair.run();
  });
  afterAll(() => pair.close());

  test("rows are compared as the run transforms them, and a wrong transformed column is found and mended", async () => {
    expect((await verified(pair)).differences).toEqual([]);
    await pair.target.test.exec([
      `UPDATE ${TOKENS} SET IDP_ID = 7, ACCESS_TOKEN_HASH = 'x' WHERE TOKEN_ID = 't0-0'`,
      `DELETE FROM ${TOKENS} WHERE TOKEN_ID = 't1-0'`,
    ]);
    const { differences } = await verified(pair);
    expect(inOrder(differences.map(({ kind, key, columns }) => ({ kind, key, columns })))).toEqual(
      inOrder([
        { kind: "different", key: { TOKEN_ID: "t0-0" }, columns: ["ACCESS_TOKEN_HASH", "IDP_ID"] },
        { kind: "missing", key: { TOKEN_ID: "t1-0" }, columns: [] },
        { kind: "missing", key: { TOKEN_ID: "t1-0", TOKEN_SCOPE: "email" }, columns: [] },
        { kind: "missing", key: { TOKEN_ID: "t1-0", TOKEN_SCOPE: "openid" }, columns: [] },
      ]),
    );
    await verified(pair, { repair: { deleteExtra: false } });
    expect((await verified(pair)).differences).toEqual([]);
  });

  test("rows that the migration removes are no difference, and the counts add up without them", async () => {
    const token = (id: string) => [
      `INSERT INTO ${TOKENS} (TOKEN_ID, ACCESS_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED) VALUES ('${id}', 'at', 77, '${id}', 1, 'PRIMARY', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)`,
      `INSERT INTO ${SCOPES} (TOKEN_ID, TOKEN_SCOPE, TENANT_ID) VALUES ('${id}', 'openid', 1)`,
    ];
    await pair.source.test.exec([
      "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (77, 'USER_PORTAL_acme.com', 1)",
      ...token("portal1"),
    ]);
    await pair.run();
    // One more comes when tokens and scopes have been read.
    let isDone = false;
    const { differences, counts } = await verified(pair, {
      pageSize: 20,
      patienceMs: 30_000,
      target: {
        ...pair.target,
        db: watchedDatabase(pair.target.db, {
          before: async (sql) => {
            if (isDone || !/FROM .*idn_identity_user_data_sv/i.test(sql)) return;
            isDone = true;
            await pair.source.test.exec(token("portal2"));
            await pair.run();
          },
        }),
      },
    });
    expect(isDone).toBe(true);
    expect(differences).toEqual([]);
    for (const table of [TOKENS, SCOPES]) {
      const { sourceRows, targetRows, ...one } = counts[table] ?? raise("no counts");
      expect(one).toMatchObject({ unexplained: 0, unread: 0 });
      expect(one.leftOut).toBeGreaterThan(0);
      expect((sourceRows ?? 0) - (targetRows ?? 0)).toBe(2);
    }
    await pair.source.test.exec([
      `DELETE FROM ${TOKENS} WHERE CONSUMER_KEY_ID = 77`,
      "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = 77",
    ]);
    await pair.run();
  });

  test("a scope hash that WSO2 itself made at random is no difference, on the databases where it does", async () => {
    await pair.target.test.exec(`UPDATE ${TOKENS} SET TOKEN_SCOPE_HASH = 'random' WHERE TOKEN_ID = 't0-0'`);
    expect((await verified(pair)).differences.map(({ columns }) => columns)).toEqual(
      hasTwins(dialect.name) ? [] : [["TOKEN_SCOPE_HASH"]],
    );
  });

  test("a row that the target refuses is reported as not mended, with the reason, and the others are mended", async () => {
    await pair.target.test.exec([
      `DELETE FROM ${USER_DATA}`,
      `ALTER TABLE ${USER_DATA} ADD CONSTRAINT C_REFUSE CHECK (USER_NAME <> 't0-5')`,
    ]);
    const { differences } = await verified(pair, { repair: { deleteExtra: false } });
    const refused = differences.filter(({ repaired, table }) => table === USER_DATA && repaired === false);
    expect(refused.map(({ key, reason }) => [key["USER_NAME"], reason])).toEqual([
      ["t0-5", expect.stringMatching(/check constraint refuses the row$/)],
    ]);
    expect(differences.filter(({ repaired }) => repaired === true).length).toBeGreaterThan(1);
  });
});
