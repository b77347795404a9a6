import { afterAll, beforeAll, expect, test } from "vitest";
import { rowSources } from "../../src/run/row-sources.ts";
import type { StateStore, VerifyState } from "../../src/verify/progress-state.ts";
import { type ReportedDifference, type VerifyOptions, verify } from "../../src/verify/verify.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { damage, fillManyTypes, MANY_TYPES, manyTypes } from "../support/corruptions.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { runTraffic, TRAFFIC_PARENTS } from "../support/traffic.ts";
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

interface Verified {
  readonly differences: readonly ReportedDifference[];
  readonly complete: boolean;
  readonly counts: Readonly<Record<string, { sourceRows: number; targetRows: number; pending: number }>>;
}

async function verified(pair: BlueGreen, options: Partial<VerifyOptions> = {}): Promise<Verified> {
  const plan = await pair.plan();
  const differences: ReportedDifference[] = [];
  const report = await verify({
    plan,
    source: pair.source,
    target: pair.target,
    rowsFor: rowSources(plan, pair),
    patienceMs: 300,
    signal: new AbortController().signal,
    onDifference: (difference) => differences.push(difference),
    ...options,
  });
  return {
    differences,
    complete: report.complete,
    counts: Object.fromEntries(
      report.tables.map(({ table, sourceRows, targetRows, pending }) => [
        table,
        { sourceRows, targetRows, pending },
      ]),
    ),
  };
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
      onProgress: ({ table, sourceRows }) => {
        if (table === MANY_TYPES && sourceRows >= 2_000) controller.abort();
      },
    });
    expect(stopped.complete).toBe(false);
    expect(stopped.differences).toHaveLength(1);
    const resumed = await verified(pair, { state });
    expect(resumed.complete).toBe(true);
    expect(resumed.differences).toEqual([]);
    expect(resumed.counts[MANY_TYPES]).toEqual({ sourceRows: ROWS, targetRows: ROWS, pending: 0 });
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
      expect(counts[TOKENS]?.pending).toBe(0);
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
