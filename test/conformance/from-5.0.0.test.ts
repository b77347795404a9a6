import { createHash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { listDeadLetters } from "../../src/apply/dead-letter.ts";
import { readLanes } from "../../src/checkpoint/checkpoint.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import type { Row } from "../../src/row.ts";
import { openCryptoPool } from "../../src/transform/crypto/crypto-pool.ts";
import type { KeyProfiles } from "../../src/transform/crypto/key-config.ts";
import { readByKeys, readPlain } from "../../src/transform/read-values.ts";
import { type BlueGreen, type BlueGreenOptions, openBlueGreen } from "../support/blue-green.ts";
import { rsaKey, stored } from "../support/crypto-vectors.ts";
import { describeDialects } from "../support/dialects.ts";
import { CODES, insert, login, PARENTS, SCOPES, TENANTS, TOKENS } from "../support/tokens-5.0.0.ts";
import { waitFor } from "../support/wait-for.ts";
import { watchedDatabase } from "../support/watched-database.ts";
import { createTables } from "../support/wso2-tables.ts";

const USER_DATA = "IDN_IDENTITY_USER_DATA";

/** By `printf %s <token> | sha256sum`. */
const SHA256 = {
  "at-old": "da0c40a18d437b854d23ec17aba4246a24c22aca3becf1e4ad85cb4e7aff2a62",
  "rt-old": "068bfce5d78d07acf39929b409792282905c991016701da51fb1f2c2fa16d410",
  "at-a": "34e3bccf912fceca69cdbdf9fcf18f79b1e07f685cabe2e1daba6eb736d9ba2c",
  "rt-a": "ba2fd7183518f57b1418d9245c09fae16df3c23b99c69353b660b991ee3a6d16",
  "at-b": "bd8b7d106577ac65ee49631f42d14c7b40c085f6e2bbf07100dc3c1559ad1520",
  "ac-x": "ea1e35293c8292cb666d05a167c186ffd691084ab07acaf4ad507d05a2889152",
} as const;
const json = (token: keyof typeof SHA256): string => `{"hash":"${SHA256[token]}","algorithm":"SHA-256"}`;

/** What the migration client made of the dump: ids at random, texts split, hashes filled. */
const MIGRATED = [
  ...PARENTS,
  ...["old", "gone"].flatMap((name) => [
    insert(TOKENS, {
      TOKEN_ID: `random-${name}`,
      ACCESS_TOKEN: `at-${name}`,
      REFRESH_TOKEN: `rt-${name}`,
      CONSUMER_KEY_ID: "5",
      AUTHZ_USER: "ann",
      TENANT_ID: "-1234",
      USER_DOMAIN: "PRIMARY",
      USER_TYPE: "APPLICATION_USER",
      TIME_CREATED: "2015-01-01 00:00:00",
      REFRESH_TOKEN_TIME_CREATED: "2015-01-01 00:00:00",
      VALIDITY_PERIOD: "3600000",
      REFRESH_TOKEN_VALIDITY_PERIOD: "84600000",
      TOKEN_SCOPE_HASH: "e2c9d0f6d1bd2dcc3a1fa3e4ae6fd5d2",
      TOKEN_STATE: "ACTIVE",
      TOKEN_STATE_ID: name,
      SUBJECT_IDENTIFIER: "ann@carbon.super",
      ACCESS_TOKEN_HASH: name === "old" ? json("at-old") : '{"hash":"gone","algorithm":"SHA-256"}',
      REFRESH_TOKEN_HASH: json("rt-old"),
      IDP_ID: "7",
    }),
    insert(SCOPES, { TOKEN_ID: `random-${name}`, TOKEN_SCOPE: "openid" }),
    insert(SCOPES, { TOKEN_ID: `random-${name}`, TOKEN_SCOPE: "left-over" }),
  ]),
];

/** Tokens of 255 characters at most: 5.0.0 encrypts with a key of 1024 bits. */
const ENCRYPTED: KeyProfiles = {
  source: {
    processor: "encrypted",
    hashAlgorithm: "SHA-256",
    keys: { rsa: [rsaKey("rsa1024")], symmetric: [] },
    mixedRows: true,
  },
  target: { processor: "plain", hashAlgorithm: "SHA-256", encryption: undefined },
};

describeDialects("A source of 5.0.0", (dialect) => {
  let pair: BlueGreen | undefined;
  afterEach(async () => {
    await pair?.close();
    pair = undefined;
  });
  const open = async (
    targetSchema: readonly string[] = [],
    keys?: BlueGreenOptions["keys"],
  ): Promise<BlueGreen> => {
    pair = await openBlueGreen({
      ...(keys === undefined ? {} : { keys }),
      source: dialect,
      // Lanes that a test holds, and whoever looks at them meanwhile.
      connections: 12,
      sourceVersion: "5.0.0",
      sourceSchema: [
        ...createTables(dialect.name, "5.0.0"),
        "INSERT INTO IDN_OAUTH_CONSUMER_APPS (CONSUMER_KEY, TENANT_ID) VALUES ('app-1', -1234), ('app-2', 1), ('blue-only', 1)",
        login("at-old", { REFRESH_TOKEN: "rt-old", TIME_CREATED: "2015-01-01 00:00:00" }),
        login("at-gone", { TOKEN_STATE_ID: "gone" }),
      ],
      targetSchema: [...createTables(dialect.name, "5.11.0"), ...TENANTS, ...MIGRATED, ...targetSchema],
      tables: [TOKENS, SCOPES, CODES, USER_DATA],
    });
    await pair.prepare();
    return pair;
  };
  const byToken = (rows: readonly Row[]): Record<string, Row> =>
    Object.fromEntries(rows.map((row) => [String(row["ACCESS_TOKEN"]), row]));
  const scopesOf = async (id: unknown): Promise<unknown[]> =>
    ((await pair?.rows("target", SCOPES)) ?? [])
      .filter((row) => row["TOKEN_ID"] === id)
      .map((row) => `${row["TOKEN_SCOPE"]} ${row["TENANT_ID"]}`)
      .sort();

  test("updates tokens of the dump under the migration's ids and gives new ones ids of their own", async () => {
    const { source, run, rows } = await open();
    await source.test.exec([
      `UPDATE ${TOKENS} SET TOKEN_STATE = 'INACTIVE', TOKEN_STATE_ID = 'out' WHERE ACCESS_TOKEN = 'at-old'`,
      login("at-a", {
        REFRESH_TOKEN: "rt-a",
        CONSUMER_KEY: "app-2",
        AUTHZ_USER: "ldap.x/Bob.B@Example.com",
        TOKEN_SCOPE: "openid  profile",
      }),
      login("at-b", {
        CONSUMER_KEY: null,
        AUTHZ_USER: "svc",
        TOKEN_SCOPE: null,
        TIME_CREATED: "2015-03-04 05:06:08",
      }),
      insert(CODES, {
        AUTHORIZATION_CODE: "ac-x",
        CONSUMER_KEY: "app-1",
        CALLBACK_URL: "https://app/cb",
        SCOPE: "openid",
        AUTHZ_USER: "PRIMARY/eve@carbon.super",
        TIME_CREATED: "2015-03-04 05:06:07",
        VALIDITY_PERIOD: "300000",
      }),
      insert(USER_DATA, { TENANT_ID: "1", USER_NAME: "bob", DATA_KEY: "k", DATA_VALUE: "v" }),
    ]);
    await run({ batchSize: 2 });

    const tokens = byToken(await rows("target", TOKENS));
    expect(Object.keys(tokens).sort()).toEqual(["at-a", "at-b", "at-gone", "at-old"]);
    expect(tokens["at-old"]).toMatchObject({
      TOKEN_ID: "random-old",
      TOKEN_STATE: "INACTIVE",
      TOKEN_STATE_ID: "out",
      AUTHZ_USER: "ann",
      ACCESS_TOKEN_HASH: json("at-old"),
    });
    expect(await scopesOf("random-old")).toEqual(["email -1", "openid -1"]);
    expect(tokens["at-a"]).toEqual({
      TOKEN_ID: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      ACCESS_TOKEN: "at-a",
      REFRESH_TOKEN: "rt-a",
      CONSUMER_KEY_ID: "6",
      AUTHZ_USER: "Bob.B",
      TENANT_ID: "1",
      USER_DOMAIN: "ldap.x",
      USER_TYPE: "APPLICATION_USER",
      GRANT_TYPE: null,
      TIME_CREATED: "2015-03-04 05:06:07",
      REFRESH_TOKEN_TIME_CREATED: "2015-03-04 05:06:07",
      VALIDITY_PERIOD: "3600000",
      REFRESH_TOKEN_VALIDITY_PERIOD: "84600000",
      // printf %s 'openid  profile' | md5sum
      TOKEN_SCOPE_HASH: "85f9499b779c3a62509d615504f993d4",
      TOKEN_STATE: "ACTIVE",
      TOKEN_STATE_ID: "NONE",
      SUBJECT_IDENTIFIER: "ldap.x/Bob.B@Example.com",
      ACCESS_TOKEN_HASH: json("at-a"),
      REFRESH_TOKEN_HASH: json("rt-a"),
      IDP_ID: "8",
      TOKEN_BINDING_REF: "NONE",
    });
    expect(await scopesOf(tokens["at-a"]?.["TOKEN_ID"])).toEqual(["openid -1", "profile -1"]);
    expect(tokens["at-b"]).toMatchObject({
      CONSUMER_KEY_ID: null,
      AUTHZ_USER: "svc",
      TENANT_ID: "-1234",
      USER_DOMAIN: "PRIMARY",
      TOKEN_SCOPE_HASH: null,
      SUBJECT_IDENTIFIER: "svc",
      REFRESH_TOKEN_HASH: null,
      ACCESS_TOKEN_HASH: json("at-b"),
    });
    expect(await rows("target", CODES)).toEqual([
      expect.objectContaining({
        AUTHORIZATION_CODE: "ac-x",
        AUTHORIZATION_CODE_HASH: json("ac-x"),
        CONSUMER_KEY_ID: "5",
        AUTHZ_USER: "eve",
        TENANT_ID: "-1234",
        USER_DOMAIN: "PRIMARY",
        SUBJECT_IDENTIFIER: "PRIMARY/eve@carbon.super",
        STATE: "ACTIVE",
        SCOPE: "openid",
        IDP_ID: "7",
      }),
    ]);
    expect(await rows("target", USER_DATA)).toHaveLength(1);
  });

  test("applied twice gives the same ids, and deletes reach the rows of the dump", async () => {
    const { source, target, run, rows } = await open([
      `UPDATE ${TOKENS} SET ACCESS_TOKEN_HASH = '{"hash":"6af90e31b06a82cfcecf6d56f4062d4bad6ac76692578a9f225314cc07c21cf4","algorithm":"SHA-256"}' WHERE TOKEN_ID = 'random-gone'`,
    ]);
    await source.test.exec([
      login("at-a", { AUTHZ_USER: "bob" }),
      login("at-b", { AUTHZ_USER: "eve" }),
      `DELETE FROM ${TOKENS} WHERE ACCESS_TOKEN = 'at-gone'`,
      `DELETE FROM ${TOKENS} WHERE ACCESS_TOKEN = 'at-b'`,
    ]);
    await run({ batchSize: 1 });
    const once = await rows("target", TOKENS);
    expect(once.map((row) => row["ACCESS_TOKEN"]).sort()).toEqual(["at-a", "at-old"]);
    expect(await scopesOf("random-gone")).toEqual([]);
    await target.test.exec(`UPDATE ${TOKENS.slice(0, 27)}_SV SET SYNC_ID = 0, DIGEST = ''`);
    await run({ batchSize: 100 });
    expect(await rows("target", TOKENS)).toEqual(once);
    // A renamed token is another one: the old row goes.
    await source.test.exec(`UPDATE ${TOKENS} SET ACCESS_TOKEN = 'at-b' WHERE ACCESS_TOKEN = 'at-a'`);
    await run();
    expect((await rows("target", TOKENS)).map((row) => row["ACCESS_TOKEN"]).sort()).toEqual([
      "at-b",
      "at-old",
    ]);
  });

  test("a token that is deleted and made again stays one token, whatever is still on its way to the target", async () => {
    const names = Array.from({ length: 30 }, (_, i) => `at-${i}`);
    const migrated = names.map((name) =>
      insert(TOKENS, {
        TOKEN_ID: `random-${name}`,
        ACCESS_TOKEN: name,
        TOKEN_STATE_ID: name,
        ACCESS_TOKEN_HASH: JSON.stringify({
          hash: createHash("sha256").update(name).digest("hex"),
          algorithm: "SHA-256",
        }),
      }),
    );
    const { source, run, rows } = await open(migrated);
    await source.test.exec(names.map((name) => login(name, { TOKEN_STATE_ID: name })));
    await run();
    await source.test.exec(
      names.flatMap((name) => [
        `DELETE FROM ${TOKENS} WHERE ACCESS_TOKEN = '${name}'`,
        login(name, { TOKEN_STATE_ID: name }),
        `UPDATE ${TOKENS} SET TOKEN_STATE = 'REVOKED' WHERE ACCESS_TOKEN = '${name}'`,
      ]),
    );
    await run({ batchSize: 1 });
    const states = (await rows("target", TOKENS))
      .filter((row) => names.includes(String(row["ACCESS_TOKEN"])))
      .map((row) => row["TOKEN_STATE"]);
    expect(states).toEqual(names.map(() => "REVOKED"));
  });

  test("sets rows aside whose application or tenant the target lacks, unless they are deleted later", async () => {
    const { source, run, rows } = await open();
    await source.test.exec([
      login("at-a", { CONSUMER_KEY: "blue-only", AUTHZ_USER: "bob" }),
      login("at-b", { AUTHZ_USER: "eve@unknown.net" }),
    ]);
    const told: string[] = [];
    await expect(
      run({ events: { deadLetter: (_table, position, { reason }) => told.push(`${position} ${reason}`) } }),
    ).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    expect(told).toEqual([
      expect.stringMatching(/^1 .*CONSUMER_KEY: the target has no application of this key/),
      expect.stringMatching(/^2 .*AUTHZ_USER: the target knows no tenant of this domain/),
    ]);
    await source.test.exec([
      "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE CONSUMER_KEY = 'blue-only'",
      `DELETE FROM ${TOKENS} WHERE ACCESS_TOKEN = 'at-b'`,
    ]);
    await run();
    expect((await rows("target", TOKENS)).map((row) => row["ACCESS_TOKEN"]).sort()).toEqual([
      "at-gone",
      "at-old",
    ]);
  });

  test("with encrypted tokens finds those of the dump by the hash of what they decrypt to", async () => {
    const pool = openCryptoPool(ENCRYPTED, { workers: 1 });
    const { source, run, rows } = await open(
      [
        `UPDATE ${TOKENS} SET ACCESS_TOKEN_HASH = '{"hash":"f4a8e941a2d2d9c286afafac061d20158691dcd2e65192c4cbf83b953f6f2a5b","algorithm":"SHA-256"}' WHERE TOKEN_ID = 'random-gone'`,
      ],
      { profiles: ENCRYPTED, readValues: readByKeys(pool) },
    );
    const refresh = stored("rsa-raw-rsa1024-refreshToken");
    await source.test.exec([
      login(stored("rsa-raw-rsa1024-accessToken"), { AUTHZ_USER: "bob", REFRESH_TOKEN: refresh }),
      login(refresh, { AUTHZ_USER: "eve" }),
      `DELETE FROM ${TOKENS} WHERE ACCESS_TOKEN = '${refresh}'`,
    ]);
    await run();
    await pool.close();
    const found = (await rows("target", TOKENS)).find((row) => row["TOKEN_ID"] === "random-gone");
    expect(found).toMatchObject({
      ACCESS_TOKEN: "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a",
      REFRESH_TOKEN: "9e8d7c6b-5a49-3827-b615-04f3e2d1c0b9",
      AUTHZ_USER: "bob",
    });
    expect(await rows("target", TOKENS)).toHaveLength(2);
  });

  test("is followed through logins, refreshes and logouts by several lanes, whatever the batch size", async () => {
    const { source, run, rows } = await open();
    const user = (n: number): string => `u${n}@carbon.super`;
    for (let round = 0; round < 4; round++) {
      const ids = Array.from({ length: 12 }, (_, n) => `at-${round}-${n}`);
      await source.test.exec([
        ...ids.map((id, n) => login(id, { AUTHZ_USER: user(n), TOKEN_STATE_ID: `${round}` })),
        ...ids.slice(0, 3).map((id) => `DELETE FROM ${TOKENS} WHERE ACCESS_TOKEN = '${id}'`),
        ...ids
          .slice(3, 6)
          .map(
            (id) =>
              `UPDATE ${TOKENS} SET TOKEN_STATE = 'INACTIVE', TOKEN_SCOPE = 'a b' WHERE ACCESS_TOKEN = '${id}'`,
          ),
        `DELETE FROM ${TOKENS} WHERE ACCESS_TOKEN = 'at-${round - 1}-7'`,
        login(`at-${round}-0`, { AUTHZ_USER: user(0), TOKEN_SCOPE: "again", TOKEN_STATE_ID: `${round}` }),
      ]);
      await run({ batchSize: 1 + round * 5, parallelism: 1 + (round % 3) });
    }
    const summary = (all: readonly Row[]): string[] =>
      all
        .filter((row) => /^at-\d/.test(String(row["ACCESS_TOKEN"])))
        .map((row) => `${row["ACCESS_TOKEN"]} ${row["TOKEN_STATE"]} ${row["TOKEN_STATE_ID"]}`)
        .sort();
    const onSource = summary(await rows("source", TOKENS));
    expect(onSource).toHaveLength(37);
    expect(summary(await rows("target", TOKENS))).toEqual(onSource);
    const ids = new Map((await rows("target", TOKENS)).map((row) => [row["ACCESS_TOKEN"], row["TOKEN_ID"]]));
    expect(await scopesOf(ids.get("at-3-0"))).toEqual(["again -1"]);
    expect(await scopesOf(ids.get("at-2-4"))).toEqual(["a -1", "b -1"]);
    expect(await scopesOf(ids.get("at-1-9"))).toEqual(["email -1", "openid -1"]);
  });

  test("a token whose deletion is applied is made again after a failure, whatever lane its key had before", async () => {
    const lanesOf = { parallelism: 6, batchSize: 1 };
    const names = Array.from({ length: 12 }, (_, i) => `ac-${i}`);
    const code = (name: string, own: Record<string, string> = {}): string =>
      insert(CODES, {
        AUTHORIZATION_CODE: name,
        CONSUMER_KEY: "app-1",
        AUTHZ_USER: "ann@carbon.super",
        TIME_CREATED: "2015-03-04 05:06:07",
        VALIDITY_PERIOD: "300000",
        ...own,
      });
    const migrated = names.map((name) =>
      insert(CODES, {
        CODE_ID: `random-${name}`,
        AUTHORIZATION_CODE: name,
        CONSUMER_KEY_ID: "5",
        AUTHORIZATION_CODE_HASH: JSON.stringify({
          hash: createHash("sha256").update(name).digest("hex"),
          algorithm: "SHA-256",
        }),
      }),
    );
    const { source, target, run, rows, table } = await open(migrated);
    await source.test.exec(names.map((name) => code(name)));
    await run(lanesOf);
    await source.test.exec([
      ...names.map((name) => `DELETE FROM ${CODES} WHERE AUTHORIZATION_CODE = '${name}'`),
      ...names.map((name) => code(name, { SCOPE: "made-again" })),
    ]);
    // Lanes that would write one of them again are held until another has moved on; then the runner dies.
    const { checkpoint } = (await table(CODES)).targetNames;
    const hasMovedOn = async (): Promise<boolean> =>
      (await readLanes(target.db, target.dialect, checkpoint)).some(({ position }) => position > 24n);
    const targetDb = watchedDatabase(target.db, {
      async before(_sql, values) {
        if (!values.includes("made-again")) return;
        await waitFor(hasMovedOn, { what: "another lane to move on" });
        throw new Error("crash");
      },
    });
    await expect(run({ ...lanesOf, targetDb })).rejects.toThrow("crash");
    await run(lanesOf);
    expect((await rows("target", CODES)).map((row) => row["AUTHORIZATION_CODE"]).sort()).toEqual(
      [...names].sort(),
    );
  });

  test("a token that could not be read, and then can, leaves no letter that would undo what follows", async () => {
    const pool = openCryptoPool(ENCRYPTED, { workers: 1 });
    let canRead = false;
    const byKeys = readByKeys(pool);
    const { source, target, run, rows, table } = await open([], {
      profiles: ENCRYPTED,
      readValues: async (name, given) => await (canRead ? byKeys : readPlain)(name, given),
    });
    const token = stored("rsa-raw-rsa1024-accessToken");
    await source.test.exec([login(token, { AUTHZ_USER: "bob" })]);
    await expect(run()).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    canRead = true;
    await source.test.exec([`UPDATE ${TOKENS} SET TOKEN_STATE = 'REVOKED' WHERE ACCESS_TOKEN = '${token}'`]);
    await run();
    const store = { dialect: target.dialect, name: deadLettersName((await table(TOKENS)).target.name) };
    expect(await listDeadLetters(target.db, store)).toEqual([]);
    expect((await rows("target", TOKENS)).find((row) => row["AUTHZ_USER"] === "bob")).toMatchObject({
      TOKEN_STATE: "REVOKED",
    });
    await pool.close();
  });
});
