import { afterAll, beforeAll, expect, test } from "vitest";
import { askForRetry, type DeadLetter, listDeadLetters } from "../../src/apply/dead-letter.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import { type CryptoPool, openCryptoPool } from "../../src/transform/crypto/crypto-pool.ts";
import type { KeyProfiles } from "../../src/transform/crypto/key-config.ts";
import { readByKeys } from "../../src/transform/read-values.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { withEncoding } from "../support/charsets.ts";
import { aesKey, rsaKey, stored } from "../support/crypto-vectors.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { watchedDatabase } from "../support/watched-database.ts";
import { createTables } from "../support/wso2-tables.ts";

const ROWS = 10_000;
const PARENT = "CREATE TABLE PAR (ID VARCHAR(20) NOT NULL PRIMARY KEY)";
const SOURCE =
  "CREATE TABLE W (ID VARCHAR(20) NOT NULL PRIMARY KEY, T VARCHAR(50), E VARCHAR(50), N VARCHAR(20), P VARCHAR(20), U VARCHAR(20))";

/** The same table, which takes less than the source's. */
const narrow = (latin: string): string =>
  `CREATE TABLE W (ID VARCHAR(20) NOT NULL PRIMARY KEY, T VARCHAR(10), E VARCHAR(50)${latin}, N VARCHAR(20) NOT NULL, P VARCHAR(20), U VARCHAR(20), UNIQUE (U), FOREIGN KEY (P) REFERENCES PAR (ID))`;

/** How a target is made that holds the characters of Western Europe alone in column E, how it is mended, and what it says. */
interface Words {
  readonly latin: string;
  readonly widen: string;
  readonly takeNull: string;
  /** Undefined where a database cannot be given another encoding: there the row is mended on the source. */
  readonly takeEmoji: string | undefined;
  /** Undefined where every target holds every character. */
  readonly encoding: string | undefined;
  readonly foreign: string;
}

const FOREIGN = "the row refers to a parent that is not there";
const MYSQL: Words = {
  latin: " CHARACTER SET latin1",
  widen: "ALTER TABLE W MODIFY T VARCHAR(50)",
  takeNull: "ALTER TABLE W MODIFY N VARCHAR(20)",
  takeEmoji: "ALTER TABLE W MODIFY E VARCHAR(50) CHARACTER SET utf8mb4",
  encoding: "a text has a character that the column's character set cannot hold",
  foreign: FOREIGN,
};
const POSTGRES: Words = {
  latin: "",
  widen: "ALTER TABLE W ALTER COLUMN T TYPE VARCHAR(50)",
  takeNull: "ALTER TABLE W ALTER COLUMN N DROP NOT NULL",
  takeEmoji: undefined,
  encoding: "a text has a character that the database's encoding cannot hold",
  foreign: FOREIGN,
};
const MSSQL: Words = {
  latin: " COLLATE Latin1_General_100_CI_AS",
  widen: "ALTER TABLE W ALTER COLUMN T VARCHAR(50) NULL",
  takeNull: "ALTER TABLE W ALTER COLUMN N VARCHAR(20) NULL",
  takeEmoji: "ALTER TABLE W ALTER COLUMN E VARCHAR(50) COLLATE Latin1_General_100_CI_AS_SC_UTF8 NULL",
  encoding: "a text has a character that the column's code page cannot hold",
  foreign: "a foreign key or check constraint refuses the row",
};
/** All tables have the database's character set, and that of the tests' databases is one of Unicode. */
const ORACLE: Words = {
  latin: "",
  widen: "ALTER TABLE W MODIFY T VARCHAR(50)",
  takeNull: "ALTER TABLE W MODIFY N NULL",
  takeEmoji: undefined,
  encoding: undefined,
  foreign: FOREIGN,
};
const WORDS: Partial<Record<TestDialectName, Words>> = { postgres: POSTGRES, mssql: MSSQL, oracle: ORACLE };

const storeOf = async (pair: BlueGreen, table: string) => ({
  dialect: pair.target.dialect,
  name: deadLettersName((await pair.table(table)).target.name),
});
const letters = async (pair: BlueGreen, table: string): Promise<readonly DeadLetter[]> =>
  await listDeadLetters(pair.target.db, await storeOf(pair, table));

describeDialects("One poison row of each kind among ten thousand", (dialect) => {
  const words = WORDS[dialect.name] ?? MYSQL;
  const left = (...kinds: readonly string[]): readonly string[] =>
    kinds.filter((kind) => kind !== "encoding" || words.encoding !== undefined);
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      target: dialect.name === "postgres" ? withEncoding(dialect, "LATIN1") : dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [PARENT, SOURCE],
      targetSchema: [PARENT, narrow(words.latin)],
      tables: ["W"],
    });
    await pair.prepare();
    for (const side of [pair.source, pair.target]) await side.test.exec("INSERT INTO PAR VALUES ('par')");
  });
  afterAll(() => pair.close());

  const retryAll = async (): Promise<void> => {
    await askForRetry(pair.target.db, await storeOf(pair, "W"), await letters(pair, "W"));
    await pair.run({ batchSize: 1_000 }).catch((error: { code?: unknown }) => {
      if (error.code !== "DEAD_LETTERS_LEFT") throw error;
    });
  };
  const poisonLeft = async (): Promise<readonly string[]> =>
    (await letters(pair, "W")).map((letter) => String(JSON.parse(letter.key)[0])).sort();

  test("is set aside alone, and arrives once its cause is mended and it is tried again", {
    timeout: 240_000,
  }, async () => {
    await pair.source.test.exec("INSERT INTO PAR VALUES ('absent')");
    await pair.target.test.exec("INSERT INTO W (ID, N, U) VALUES ('green', 'own', 'taken')");
    const poison = [
      "('too long', 'longer than ten', 'e', 'n', 'par', 'u-l')",
      ...(words.encoding === undefined ? [] : ["('encoding', 't', 'emoji 😀', 'n', 'par', 'u-e')"]),
      "('null', 't', 'e', NULL, 'par', 'u-n')",
      "('foreign', 't', 'e', 'n', 'absent', 'u-f')",
      "('unique', 't', 'e', 'n', 'par', 'taken')",
    ];
    const rows = Array.from({ length: ROWS }, (_, i) => `('r${i}', 't', 'é', 'n', 'par', 'u${i}')`);
    poison.forEach((row, i) => {
      rows.splice(1_500 * (i + 1), 1, row);
    });
    for (let first = 0; first < ROWS; first += 500)
      await pair.source.test.exec(`INSERT INTO W VALUES ${rows.slice(first, first + 500).join(", ")}`);
    // The same keys again and again: only the last image may stay.
    for (const text of ["one", "two", "three"])
      await pair.source.test.exec(`UPDATE W SET T = '${text}' WHERE ID LIKE 'r%7' AND P = 'par'`);

    await expect(pair.run({ batchSize: 1_000 })).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    expect(await poisonLeft()).toEqual(left("encoding", "foreign", "null", "too long", "unique"));
    expect(
      Object.fromEntries(
        (await letters(pair, "W")).map(({ key, reason }) => [String(JSON.parse(key)[0]), reason]),
      ),
    ).toEqual({
      "too long": "a text is longer than its column",
      ...(words.encoding === undefined ? {} : { encoding: words.encoding }),
      null: expect.stringMatching(/^a column that must not be null would be null/),
      foreign: words.foreign,
      unique: "another row holds the same unique key",
    });
    const good = async (): Promise<unknown> => (await pair.rows("target", "W")).filter(isGood);
    expect(await good()).toEqual((await pair.rows("source", "W")).filter(isGood));
    expect(await pair.target.test.query("SELECT COUNT(*) AS N FROM W")).toEqual([
      { N: String(ROWS - poison.length + 1) },
    ]);

    await retryAll();
    expect(await poisonLeft()).toEqual(left("encoding", "foreign", "null", "too long", "unique"));

    await pair.target.test.exec(words.widen);
    await retryAll();
    expect(await poisonLeft()).toEqual(left("encoding", "foreign", "null", "unique"));

    await pair.target.test.exec([
      words.takeNull,
      "INSERT INTO PAR VALUES ('absent')",
      "DELETE FROM W WHERE ID = 'green'",
    ]);
    await retryAll();
    expect(await poisonLeft()).toEqual(left("encoding"));

    if (words.takeEmoji !== undefined) await pair.target.test.exec(words.takeEmoji);
    else await pair.source.test.exec("UPDATE W SET E = 'no emoji' WHERE ID = 'encoding'");
    await retryAll();
    expect(await poisonLeft()).toEqual([]);
    expect(await pair.rows("target", "W")).toEqual(await pair.rows("source", "W"));
  });
});

const POISON = new Set<unknown>(["too long", "encoding", "null", "foreign", "unique", "green"]);
const isGood = (row: Readonly<Record<string, unknown>>): boolean => !POISON.has(row["ID"]);

describeDialects("A row that cannot be transformed among ten thousand", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.7.0",
      sourceSchema: createTables(dialect.name, "5.7.0"),
      targetSchema: createTables(dialect.name, "5.11.0"),
      tables: ["IDN_OAUTH2_ACCESS_TOKEN"],
    });
    await pair.prepare();
    await pair.target.test.exec(
      "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (1, -1234, 'LOCAL', 'u1')",
    );
  });
  afterAll(() => pair.close());

  test("is set aside, and arrives once the target knows its identity provider", {
    timeout: 240_000,
  }, async () => {
    const row = (id: string, tenant: number): string =>
      `('${id}', 'at-${id}', 'ann', ${tenant}, 'PRIMARY', 'APPLICATION_USER', '2021-03-04 05:06:07', '2021-03-04 05:06:07', 3600, '${id}', 'ACTIVE')`;
    const rows = Array.from({ length: ROWS }, (_, i) =>
      i === 4_321 ? row("poison", 7) : row(`t${i}`, -1234),
    );
    for (let first = 0; first < ROWS; first += 500)
      await pair.source.test.exec(
        `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE) VALUES ${rows.slice(first, first + 500).join(", ")}`,
      );
    await expect(pair.run({ batchSize: 1_000 })).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    const count = "SELECT COUNT(*) AS N FROM IDN_OAUTH2_ACCESS_TOKEN";
    expect(await pair.target.test.query(count)).toEqual([{ N: "9999" }]);
    expect(
      (await letters(pair, "IDN_OAUTH2_ACCESS_TOKEN")).map(({ key, code, reason }) => [key, code, reason]),
    ).toEqual([
      [
        '["poison"]',
        "TRANSFORM_FAILED",
        expect.stringContaining("the row's tenant has no identity provider named LOCAL"),
      ],
    ]);
    await pair.target.test.exec("INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (7, 7, 'LOCAL', 'u7')");
    await pair.run({ batchSize: 1_000 });
    expect(await pair.target.test.query(count)).toEqual([{ N: "10000" }]);
    expect(
      await pair.target.test.query("SELECT IDP_ID FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID = 'poison'"),
    ).toEqual([{ IDP_ID: "7" }]);
  });

  test("arrives in the same run when its identity provider comes meanwhile", async () => {
    await pair.source.test.exec(
      `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE)
VALUES ('new tenant', 'at-new', 'ann', 9, 'PRIMARY', 'APPLICATION_USER', '2021-03-04 05:06:07', '2021-03-04 05:06:07', 3600, 'n', 'ACTIVE')`,
    );
    let isThere = false;
    const targetDb = watchedDatabase(pair.target.db, {
      async after(sql) {
        if (isThere || !/^INSERT INTO \S*sync_dead_letters/i.test(sql)) return;
        isThere = true;
        await pair.target.test.exec(
          "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (9, 9, 'LOCAL', 'u9')",
        );
      },
    });
    await pair.run({ targetDb });
    expect(isThere).toBe(true);
    expect(
      await pair.target.test.query(
        "SELECT IDP_ID FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID = 'new tenant'",
      ),
    ).toEqual([{ IDP_ID: "9" }]);
  });
});

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
/** The plaintext of the vectors' access tokens. */
const ACCESS = "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a";

describeDialects("Encrypted tokens that no key opens among ten thousand", (dialect) => {
  let pair: BlueGreen;
  let pool: CryptoPool;
  // What a run is given: the key that is missing at first is configured before a later one.
  const keys = { ...readingWith([rsaKey("multi")]) };
  function readingWith(rsa: readonly ReturnType<typeof rsaKey>[]) {
    const profiles: KeyProfiles = {
      source: {
        processor: "encrypted",
        hashAlgorithm: "SHA-256",
        keys: { rsa, symmetric: [aesKey("own32")] },
        mixedRows: false,
      },
      target: { processor: "plain", hashAlgorithm: "SHA-256", encryption: undefined },
    };
    pool = openCryptoPool(profiles);
    return { profiles, readValues: readByKeys(pool) };
  }

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.7.0",
      sourceSchema: createTables(dialect.name, "5.7.0"),
      targetSchema: [
        ...createTables(dialect.name, "5.11.0"),
        "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (1, -1234, 'LOCAL', 'u1')",
      ],
      tables: [TOKENS],
      keys,
    });
    await pair.prepare();
  });
  afterAll(async () => {
    await pair.close();
    await pool.close();
  });

  test("are set aside alone; one arrives once its key is configured, the other once its row is mended", {
    timeout: 240_000,
  }, async () => {
    const row = (id: string, token: string): string =>
      `('${id}', '${token}', 'ann', -1234, 'PRIMARY', 'APPLICATION_USER', '2021-03-04 05:06:07', '2021-03-04 05:06:07', 3600, '${id}', 'ACTIVE')`;
    const rows = Array.from({ length: ROWS }, (_, i) => row(`t${i}`, stored("aes-gcm-own32-accessToken")));
    rows[4_321] = row("no key", stored("rsa-oaep-sha1-accessToken"));
    rows[8_765] = row("tampered with", stored("aes-gcm-tampered-tag"));
    for (let first = 0; first < ROWS; first += 500)
      await pair.source.test.exec(
        `INSERT INTO ${TOKENS} (TOKEN_ID, ACCESS_TOKEN, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE) VALUES ${rows.slice(first, first + 500).join(", ")}`,
      );
    await pair.source.test.exec(`UPDATE ${TOKENS} SET TOKEN_STATE = 'EXPIRED' WHERE TOKEN_ID LIKE 't%7'`);
    const arrived = async (): Promise<unknown> =>
      await pair.target.test.query(
        `SELECT TOKEN_STATE AS S, COUNT(*) AS N FROM ${TOKENS} WHERE ACCESS_TOKEN = '${ACCESS}' GROUP BY TOKEN_STATE ORDER BY TOKEN_STATE`,
      );
    const left = async (): Promise<unknown> =>
      (await letters(pair, TOKENS)).map(({ key, code, reason }) => [key, code, reason]);
    const tampered = [
      '["tampered with"]',
      "TRANSFORM_FAILED",
      expect.stringContaining("no configured symmetric key opens the value"),
    ];

    await expect(pair.run({ batchSize: 1_000 })).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    expect(await arrived()).toEqual([
      { S: "ACTIVE", N: "8998" },
      { S: "EXPIRED", N: "1000" },
    ]);
    expect(await left()).toEqual([
      ['["no key"]', "TRANSFORM_FAILED", expect.stringContaining("no configured RSA key opens the value")],
      tampered,
    ]);

    await pool.close();
    Object.assign(keys, readingWith([rsaKey("multi"), rsaKey("primary")]));
    await expect(pair.run({ batchSize: 1_000 })).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    expect(await left()).toEqual([tampered]);

    await pair.source.test.exec(
      `UPDATE ${TOKENS} SET ACCESS_TOKEN = '${stored("aes-gcm-own32-accessToken")}' WHERE TOKEN_ID = 'tampered with'`,
    );
    await pair.run({ batchSize: 1_000 });
    expect(await left()).toEqual([]);
    expect(await arrived()).toEqual([
      { S: "ACTIVE", N: "9000" },
      { S: "EXPIRED", N: "1000" },
    ]);
  });
});
