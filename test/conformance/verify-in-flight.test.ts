import { beforeEach, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { runTraffic, TRAFFIC_PARENTS } from "../support/traffic.ts";
import { verified } from "../support/verified.ts";
import { watchedDatabase } from "../support/watched-database.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const USER_DATA = "IDN_IDENTITY_USER_DATA";
/** Identity providers have a UUID since 5.10.0. */
const PARENTS = [
  "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (1, -1234, 'LOCAL', 'u1'), (2, 1, 'LOCAL', 'u2')",
  ...TRAFFIC_PARENTS.slice(1),
];
const insert = (...names: readonly string[]): string =>
  `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES ${names
    .map((name) => `(1, '${name}', 'k', 'v')`)
    .join(", ")}`;

describeDialects("Verify of rows in flight", (dialect) => {
  let pair: BlueGreen;

  beforeEach(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: createTables(dialect.name, "5.11.0"),
      targetSchema: createTables(dialect.name, "5.11.0"),
      tables: [TOKENS, SCOPES, USER_DATA],
    });
    for (const side of [pair.source, pair.target]) await side.test.exec(PARENTS);
    await pair.prepare();
    return () => pair.close();
  });

  test("judges all that waited behind a transaction which ended after the last row was read", async () => {
    await pair.source.test.exec([insert("first")]);
    await pair.run();
    const open = await pair.source.test.session();
    const stop = new AbortController();
    try {
      await open.exec(["BEGIN", insert("open")]);
      for (let from = 0; from < 1_500; from += 500)
        await pair.source.test.exec([insert(...Array.from({ length: 500 }, (_, n) => `u${from + n}`))]);
      const running = pair.run({ until: "stopped", signal: stop.signal });
      let ending: Promise<void> | undefined;
      const { differences, counts } = await verified(pair, {
        tables: [USER_DATA],
        patienceMs: 60_000,
        onProgress: (_, { readTarget }) => {
          if (readTarget > 0) ending ??= open.exec(["COMMIT"]);
        },
      });
      await ending;
      expect(differences).toEqual([]);
      expect(counts[USER_DATA]).toMatchObject({
        ...{ pending: 0, sourceRows: 1_502, targetRows: 1_502, unexplained: 0, unread: 0 },
        // It was not committed yet when blue was read.
        readSource: 1_501,
      });
      stop.abort();
      await running;
    } finally {
      stop.abort();
      await open.close();
    }
  });

  test("repairs although a runner moves the checkpoint between any two looks at it", async () => {
    await pair.source.test.exec([insert("ann", "bob")]);
    await pair.run();
    await pair.target.test.exec([`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'ann'`]);
    let moves = 0;
    const db = watchedDatabase(pair.target.db, {
      before: async (sql) => {
        if (!/^UPDATE \S*_sv\W/i.test(sql)) return;
        moves += 1;
        await pair.source.test.exec([insert(`new${moves}`)]);
        await pair.run({ until: "one pass" });
      },
    });
    const { differences } = await verified(pair, {
      tables: [USER_DATA],
      target: { ...pair.target, db },
      repair: { deleteExtra: false },
    });
    expect(moves).toBeGreaterThan(0);
    expect(differences.map(({ kind, repaired }) => `${kind} ${repaired}`)).toEqual(["missing true"]);
    expect(await pair.rows("target", USER_DATA)).toEqual(await pair.rows("source", USER_DATA));
  });

  test("repairs damage after damage while users write and a run with several lanes goes on", async () => {
    const stop = new AbortController();
    const running = pair.run({ until: "stopped", signal: stop.signal, parallelism: 3, batchSize: 5 });
    let writing = true;
    const traffic = runTraffic(pair.source.test, { transactions: 60, name: "v" }).finally(() => {
      writing = false;
    });
    const tables = [TOKENS, SCOPES, USER_DATA];
    let mended = 0;
    for (let round = 0; writing || mended === 0; round++) {
      await pair.target.test.exec([
        `UPDATE ${TOKENS} SET TOKEN_STATE_ID = 'damaged' WHERE TOKEN_ID LIKE 'v%-${round % 10}'`,
      ]);
      const options = { patienceMs: 60_000, pageSize: 50, tables, repair: { deleteExtra: true } };
      const { differences } = await verified(pair, options);
      expect(differences.filter(({ repaired }) => repaired !== true)).toEqual([]);
      mended += differences.length;
    }
    await traffic;
    expect((await verified(pair, { patienceMs: 60_000, tables })).differences).toEqual([]);
    stop.abort();
    await running;
    await pair.run();
    for (const table of tables)
      expect(await pair.rows("target", table)).toEqual(await pair.rows("source", table));
  });
});
