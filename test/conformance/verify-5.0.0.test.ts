import { afterEach, expect, test } from "vitest";
import { purgeJournal } from "../../src/journal/purge.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import { openCryptoPool } from "../../src/transform/crypto/crypto-pool.ts";
import type { KeyProfiles } from "../../src/transform/crypto/key-config.ts";
import { PLAIN_SOURCE } from "../../src/transform/crypto/profile.ts";
import { readByKeys } from "../../src/transform/read-values.ts";
import { verify } from "../../src/verify/verify.ts";
import type { ReportedDifference, VerifyOptions } from "../../src/verify/verify-options.ts";
import { type BlueGreen, type BlueGreenOptions, openBlueGreen } from "../support/blue-green.ts";
import { rsaKey, stored } from "../support/crypto-vectors.ts";
import { describeDialects } from "../support/dialects.ts";
import { CODES, insert, login, PARENTS, SCOPES, TENANTS, TOKENS } from "../support/tokens-5.0.0.ts";
import { watchedDatabase } from "../support/watched-database.ts";
import { createTables } from "../support/wso2-tables.ts";

const USER_DATA = "IDN_IDENTITY_USER_DATA";
/** More than a page of 50. */
const LOGINS = 120;

const code = (name: string): string =>
  insert(CODES, {
    AUTHORIZATION_CODE: name,
    CONSUMER_KEY: "app-1",
    CALLBACK_URL: "https://app/cb",
    SCOPE: "openid",
    AUTHZ_USER: "eve@carbon.super",
    TIME_CREATED: "2015-03-04 05:06:07",
    VALIDITY_PERIOD: "300000",
  });
/** What only green holds: a login that was made there. */
const onGreen = [
  insert(TOKENS, {
    TOKEN_ID: "green-1",
    ACCESS_TOKEN: "at-green",
    REFRESH_TOKEN: "rt-green",
    CONSUMER_KEY_ID: "6",
    AUTHZ_USER: "zoe",
    TENANT_ID: "1",
    USER_DOMAIN: "PRIMARY",
    USER_TYPE: "APPLICATION_USER",
    TIME_CREATED: "2015-01-01 00:00:00",
    REFRESH_TOKEN_TIME_CREATED: "2015-01-01 00:00:00",
    VALIDITY_PERIOD: "3600000",
    REFRESH_TOKEN_VALIDITY_PERIOD: "84600000",
    TOKEN_STATE: "ACTIVE",
    TOKEN_STATE_ID: "NONE",
    ACCESS_TOKEN_HASH: '{"hash":"green","algorithm":"SHA-256"}',
    IDP_ID: "8",
  }),
  insert(SCOPES, { TOKEN_ID: "green-1", TOKEN_SCOPE: "openid" }),
];
const HASHED: KeyProfiles = {
  source: PLAIN_SOURCE,
  target: { processor: "hashed", hashAlgorithm: "SHA-256", encryption: undefined },
};

describeDialects("Verify of a 5.0.0 source", (dialect) => {
  let pair: BlueGreen | undefined;
  let keys: BlueGreenOptions["keys"];
  let closeKeys: (() => Promise<void>) | undefined;
  afterEach(async () => {
    await pair?.close();
    await closeKeys?.();
    [pair, keys, closeKeys] = [undefined, undefined, undefined];
  });

  async function open(profiles?: KeyProfiles): Promise<BlueGreen> {
    if (profiles !== undefined) {
      const pool = openCryptoPool(profiles, { workers: 1 });
      closeKeys = () => pool.close();
      keys = { profiles, readValues: readByKeys(pool) };
    }
    const made = await openBlueGreen({
      ...(keys === undefined ? {} : { keys }),
      source: dialect,
      sourceVersion: "5.0.0",
      sourceSchema: [
        ...createTables(dialect.name, "5.0.0"),
        "INSERT INTO IDN_OAUTH_CONSUMER_APPS (CONSUMER_KEY, TENANT_ID) VALUES ('app-1', -1234), ('app-2', 1)",
      ],
      targetSchema: [...createTables(dialect.name, "5.11.0"), ...TENANTS, ...PARENTS],
      tables: [TOKENS, SCOPES, CODES, USER_DATA],
    });
    pair = made;
    await made.prepare();
    return made;
  }

  /** Logins and codes on both sides, one of the tokens under an id that no rule of ours gave it. */
  async function openFilled(profiles?: KeyProfiles): Promise<BlueGreen> {
    const made = await open(profiles);
    await made.source.test.exec([
      ...Array.from({ length: LOGINS }, (_, n) =>
        login(`at-${n}`, {
          REFRESH_TOKEN: `rt-${n}`,
          AUTHZ_USER: `u${n}@carbon.super`,
          ...(n % 5 === 0 ? { TOKEN_SCOPE: null } : {}),
        }),
      ),
      ...["ac-1", "ac-2", "ac-3"].map(code),
    ]);
    await made.run();
    const [seventh] = (await made.target.test.query(
      `SELECT TOKEN_ID FROM ${TOKENS} WHERE AUTHZ_USER = 'u7'`,
    )) as { TOKEN_ID: string }[];
    const columns = Object.keys((await made.rows("target", TOKENS))[0] ?? {}).filter((c) => c !== "TOKEN_ID");
    const [scopes = "", tokens = ""] = [SCOPES, TOKENS].map(
      (table) => `DELETE FROM ${table} WHERE TOKEN_ID = '${seventh?.TOKEN_ID}'`,
    );
    await made.target.test.exec([
      scopes,
      `CREATE TABLE KEPT AS SELECT * FROM ${TOKENS} WHERE TOKEN_ID = '${seventh?.TOKEN_ID}'`,
      tokens,
      `INSERT INTO ${TOKENS} (TOKEN_ID, ${columns}) SELECT 'random-7', ${columns} FROM KEPT`,
      insert(SCOPES, { TOKEN_ID: "random-7", TOKEN_SCOPE: "openid" }),
      insert(SCOPES, { TOKEN_ID: "random-7", TOKEN_SCOPE: "email" }),
    ]);
    return made;
  }

  async function verified(
    made: BlueGreen,
    options: Partial<VerifyOptions> = {},
  ): Promise<readonly ReportedDifference[]> {
    const plan = await made.plan();
    const differences: ReportedDifference[] = [];
    const report = await verify({
      plan,
      source: made.source,
      target: made.target,
      rowsFor: rowSources(plan, { ...made, keys }),
      patienceMs: 300,
      pageSize: 50,
      signal: new AbortController().signal,
      onDifference: (difference) => differences.push(difference),
      ...options,
    });
    expect(report.complete).toBe(true);
    return differences;
  }

  const inOrder = (all: readonly ReportedDifference[]): string[] =>
    all.map(({ kind, key, columns }) => `${kind} ${JSON.stringify(key)} ${columns}`).sort();
  const everything = async (made: BlueGreen) => ({
    tokens: await made.rows("target", TOKENS),
    scopes: await made.rows("target", SCOPES),
    codes: await made.rows("target", CODES),
  });
  const idOf = async (made: BlueGreen, user: string): Promise<string> => {
    const rows = await made.target.test.query(`SELECT TOKEN_ID FROM ${TOKENS} WHERE AUTHZ_USER = '${user}'`);
    return String(rows[0]?.["TOKEN_ID"]);
  };

  for (const [processor, profiles] of [
    ["plain", undefined],
    ["hashed", HASHED],
  ] as const) {
    test(`with ${processor} tokens on the target finds each damage to a token, its scopes or a code, shows no token, and repair mends it`, async () => {
      const made = await openFilled(profiles);
      expect(await verified(made)).toEqual([]);
      const before = await everything(made);

      await made.target.test.exec([
        `DELETE FROM ${TOKENS} WHERE AUTHZ_USER = 'u1'`,
        `UPDATE ${TOKENS} SET TOKEN_STATE = 'REVOKED' WHERE AUTHZ_USER = 'u2'`,
        `UPDATE ${TOKENS} SET USER_DOMAIN = NULL, IDP_ID = 8 WHERE TOKEN_ID = 'random-7'`,
        `DELETE FROM ${SCOPES} WHERE TOKEN_ID = '${await idOf(made, "u3")}' AND TOKEN_SCOPE = 'email'`,
        insert(SCOPES, { TOKEN_ID: await idOf(made, "u5"), TOKEN_SCOPE: "admin" }),
        `DELETE FROM ${CODES} WHERE CODE_ID = (SELECT ID FROM (SELECT MIN(CODE_ID) AS ID FROM ${CODES}) x)`,
        `UPDATE ${CODES} SET CALLBACK_URL = 'https://app/other'`,
        ...onGreen,
      ]);
      const differences = await verified(made);
      // printf %s at-1 | sha256sum | head -c 16
      expect(inOrder(differences.filter(({ table }) => table === TOKENS))).toEqual([
        'different {"ACCESS_TOKEN":"sha256:00c9dbf07aeeb380"} TOKEN_SCOPE',
        'different {"ACCESS_TOKEN":"sha256:3befc53567f32239"} USER_DOMAIN,IDP_ID',
        'different {"ACCESS_TOKEN":"sha256:46ffd8f339b21f96"} TOKEN_STATE',
        'different {"ACCESS_TOKEN":"sha256:5fa241b1b74ca094"} TOKEN_SCOPE',
        'extra {"TOKEN_ID":"green-1"} ',
        'missing {"ACCESS_TOKEN":"sha256:47c3d868841d7181"} ',
      ]);
      const codes = differences.filter(({ table }) => table === CODES);
      expect(codes.map(({ kind, columns }) => `${kind} ${columns}`).sort()).toEqual([
        "different CALLBACK_URL",
        "different CALLBACK_URL",
        "missing ",
      ]);
      expect(JSON.stringify(differences)).not.toMatch(/[ar]t-\d|ac-\d/);

      const repaired = await verified(made, { repair: { deleteExtra: false } });
      expect(repaired.filter((one) => one.repaired !== true).map(({ kind }) => kind)).toEqual(["extra"]);
      expect((await verified(made)).map(({ key }) => key)).toEqual([{ TOKEN_ID: "green-1" }]);
      await verified(made, { repair: { deleteExtra: true } });
      expect(await verified(made)).toEqual([]);
      expect(await everything(made)).toEqual(before);
    });
  }

  test("takes changes that nothing applies for pending, and tells extra rows from them", async () => {
    const made = await openFilled();
    await made.source.test.exec([
      login("at-new", { AUTHZ_USER: "new@carbon.super" }),
      `DELETE FROM ${TOKENS} WHERE ACCESS_TOKEN = 'at-7'`,
      `UPDATE ${TOKENS} SET TOKEN_SCOPE = 'openid' WHERE ACCESS_TOKEN = 'at-8'`,
    ]);
    await made.target.test.exec(onGreen);
    const kinds = (all: readonly ReportedDifference[]) =>
      all.map(({ kind, key }) => `${kind} ${Object.keys(key)}`);
    expect(kinds(await verified(made)).sort()).toEqual([
      "extra TOKEN_ID",
      "pending ACCESS_TOKEN",
      "pending ACCESS_TOKEN",
      "pending TOKEN_ID",
    ]);
    await made.run();
    expect(kinds(await verified(made))).toEqual(["extra TOKEN_ID"]);
  });

  test("finds none while logins, refreshes and logouts go on, and repair deletes nothing of theirs", async () => {
    const made = await openFilled();
    const stop = new AbortController();
    const running = made.run({ until: "stopped", signal: stop.signal });
    let writing = true;
    const traffic = (async () => {
      for (let n = 0; n < 80; n++) {
        await made.source.test.exec([
          login(`at-w${n}`, { AUTHZ_USER: `w${n}@carbon.super` }),
          `UPDATE ${TOKENS} SET TOKEN_SCOPE = 'a b ${n}' WHERE ACCESS_TOKEN = 'at-${n % LOGINS}'`,
          `DELETE FROM ${TOKENS} WHERE ACCESS_TOKEN = 'at-w${n - 3}'`,
        ]);
      }
    })().finally(() => {
      writing = false;
    });
    for (let round = 0; writing || round < 2; round++) {
      const repair = round % 2 === 1 ? { repair: { deleteExtra: true } } : {};
      expect(await verified(made, { patienceMs: 30_000, ...repair })).toEqual([]);
    }
    await traffic;
    expect(await verified(made, { patienceMs: 30_000 })).toEqual([]);
    stop.abort();
    await running;
    expect(await made.rows("target", TOKENS)).toHaveLength(LOGINS + 3);
  });

  test("takes no login for an extra row whose change was applied and purged meanwhile", async () => {
    const made = await openFilled();
    let isDone = false;
    const db = watchedDatabase(made.target.db, {
      before: async (sql) => {
        // The first page of the target's tokens is about to be read: the source was read to its end before.
        if (isDone || !/access_token\W+order by \W?token_id/i.test(sql)) return;
        isDone = true;
        await made.source.test.exec(
          Array.from({ length: 20 }, (_, n) => login(`at-late${n}`, { AUTHZ_USER: `late${n}@carbon.super` })),
        );
        await made.run();
        await purgeJournal(made.source, await made.table(TOKENS), 1_000_000n);
      },
    });
    const target = { ...made.target, db };
    expect(await verified(made, { target, repair: { deleteExtra: true } })).toEqual([]);
    expect(isDone).toBe(true);
    expect(await made.rows("target", TOKENS)).toHaveLength(LOGINS + 20);
  });

  test("deletes no extra row while a token of the source cannot be read: it could be that one's", async () => {
    const made = await open({
      source: {
        processor: "encrypted",
        hashAlgorithm: "SHA-256",
        keys: { rsa: [rsaKey("rsa1024")], symmetric: [] },
        mixedRows: false,
      },
      target: { processor: "plain", hashAlgorithm: "SHA-256", encryption: undefined },
    });
    await made.source.test.exec([
      login(stored("rsa-raw-rsa1024-accessToken"), { AUTHZ_USER: "bob" }),
      login("c2hvcnQ=", { AUTHZ_USER: "eve" }),
    ]);
    await made.target.test.exec(onGreen);
    const differences = await verified(made, { patienceMs: 0, repair: { deleteExtra: true } });
    expect(
      differences.filter(({ kind }) => kind === "extra").map(({ repaired, reason }) => [repaired, reason]),
    ).toEqual([[false, "a token of the source cannot be read, and this row may be its own"]]);
    expect((await made.rows("target", TOKENS)).map((row) => row["TOKEN_ID"])).toEqual(["green-1"]);
  });
});
