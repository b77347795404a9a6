import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { aesKey, keystoreVector, stored, VECTORS } from "../support/crypto-vectors.ts";
import { describeDialects } from "../support/dialects.ts";
import { openSymmetric } from "../support/open-stored.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const USER_DATA = "IDN_IDENTITY_USER_DATA";
const USERS = "UM_USER";
const IDENTITY_TABLES = ["IDN_OAUTH_CONSUMER_APPS", TOKENS, USER_DATA, "IDP"] as const;
const ACCESS = "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a";
const STORE = keystoreVector("multi");
const GREEN_KEY = VECTORS.symmetricKeys["own32"]?.configured ?? "";
/** Texts that nothing which sync-tool writes may hold. */
const SECRETS = [
  ACCESS,
  STORE.storePassword,
  STORE.keyPassword,
  "wrongPassword9",
  GREEN_KEY,
  STORE.pkcs8PrivateKeyBase64.slice(60, 100),
  stored("rsa-oaep-sha1-internal-keystore").slice(0, 24),
  stored("aes-gcm-tampered-tag").slice(-24),
];

const insertToken = (id: string, value: string): string =>
  `INSERT INTO ${TOKENS} (TOKEN_ID, ACCESS_TOKEN, AUTHZ_USER, TENANT_ID, USER_DOMAIN, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED) VALUES ('${id}', '${value}', '${id}', -1234, 'PRIMARY', '2020-01-01 00:00:00', '2020-01-01 00:00:00')`;

describeDialects("Keys", (dialect) => {
  let folder: string;
  const databases: TestDatabase[] = [];
  const outputs: string[] = [];
  const syncTool = async (...args: readonly string[]) => {
    const result = await runCli(args, folder);
    outputs.push(result.stdout, result.stderr);
    return result;
  };
  const configure = async (properties: Record<string, string>): Promise<void> => {
    const [source, target, sourceUsers, targetUsers] = databases as [TestDatabase, ...TestDatabase[]];
    if (target === undefined || sourceUsers === undefined || targetUsers === undefined)
      throw new Error("no databases");
    await writeConfigFiles(folder, {
      source,
      target,
      sourceVersion: "5.7.0",
      syncTables: [TOKENS, USERS, USER_DATA],
      properties: { syncInterval: "50", umSchema: "jdbc/BlueUserDB,jdbc/GreenUserDB", ...properties },
    });
    const deployment = join(folder, "deployment.toml");
    const users = (
      [
        ["BlueUserDB", sourceUsers],
        ["GreenUserDB", targetUsers],
      ] as const
    ).map(
      ([id, { jdbcUrl, settings }]) =>
        `[[datasource]]\nid = "${id}"\nurl = "${jdbcUrl}"\nusername = "${settings.user}"\npassword = "${settings.password}"\n`,
    );
    await writeFile(deployment, [await readFile(deployment, "utf8"), ...users].join("\n"));
  };
  const KEYS = {
    "source.tokenProcessor": "encrypted",
    "source.keystore.1.path": "keys.jks",
    "source.keystore.1.alias": STORE.alias,
    "source.keystore.1.storePassword": "$env{STORE_PASSWORD}",
    "source.keystore.1.keyPassword": "$env{KEY_PASSWORD}",
    "target.tokenProcessor": "encrypted",
    "target.symmetricKey": "$env{GREEN_KEY}",
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sync-tool-keys-"));
    const server = await dialect.server();
    for (const tables of [
      createTables(dialect.name, "5.7.0", IDENTITY_TABLES),
      [
        ...createTables(dialect.name, "5.11.0", IDENTITY_TABLES),
        "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (7, -1234, 'LOCAL', 'u')",
      ],
      createTables(dialect.name, "5.7.0", [USERS]),
      createTables(dialect.name, "5.11.0", [USERS]),
    ]) {
      const database = await server.createDatabase();
      await database.exec(tables);
      databases.push(database);
    }
    await writeFile(join(folder, "keys.jks"), Buffer.from(STORE.base64, "base64"));
    await writeFile(
      join(folder, ".env"),
      `STORE_PASSWORD=${STORE.storePassword}\nKEY_PASSWORD=${STORE.keyPassword}\nGREEN_KEY=${GREEN_KEY}\nWRONG=wrongPassword9\n`,
    );
    await configure({});
    expect((await syncTool("prepare")).code).toBe(0);
    await databases[0]?.exec([
      insertToken("good", stored("rsa-oaep-sha1-internal-keystore")),
      insertToken("bad", stored("aes-gcm-tampered-tag")),
    ]);
    await databases[2]?.exec(
      "INSERT INTO UM_USER (UM_USER_NAME, UM_USER_PASSWORD, UM_CHANGED_TIME, UM_TENANT_ID) VALUES ('ann', 'p', '2020-01-01 00:00:00', -1234)",
    );
  });
  afterAll(async () => {
    for (const database of databases) await database.drop();
    await rm(folder, { recursive: true });
  });

  test("that are needed and missing end a run with 3, and name what to set", async () => {
    const { code, stderr } = await syncTool("run", "--once");
    expect(code).toBe(3);
    expect(stderr).toContain(`${TOKENS}.ACCESS_TOKEN: is stored encrypted, and no token keys are configured`);
    expect(stderr).toMatch(/next: Set source\.tokenProcessor .*--source-home/);
  });

  test.each([
    [{ "source.keystore.1.storePassword": "$env{WRONG}" }, "The store password does not open the keystore"],
    [{ "source.keystore.1.keyPassword": "$env{WRONG}" }, "The key password does not open alias internalkey"],
    [{ "source.keystore.1.alias": "other" }, "has no alias other; it has"],
    [{ "target.symmetricKey": "$env{KEY_PASSWORD}" }, "symmetric key 1 has 8 bytes; AES needs 16, 24 or 32"],
    [{ "source.tokenProcessor": "hashed" }, "the target must hash too"],
  ])("that are wrong end a run with 3: %j", async (wrong, reason) => {
    await configure({ ...KEYS, ...wrong });
    const { code, stderr } = await syncTool("run", "--once");
    expect({ code, isSaid: stderr.includes(reason) }).toEqual({ code: 3, isSaid: true });
  });

  test("open tokens for the target; a value that none opens is set aside; users come from their own schema", async () => {
    await configure(KEYS);
    const { code } = await syncTool("run", "--until-drained");
    expect(code).toBe(8);
    const tokens = (await databases[1]?.query(`SELECT TOKEN_ID, ACCESS_TOKEN FROM ${TOKENS}`)) ?? [];
    expect(tokens.map((row) => row["TOKEN_ID"])).toEqual(["good"]);
    expect(openSymmetric(String(tokens[0]?.["ACCESS_TOKEN"]), aesKey("own32"))).toBe(ACCESS);
    expect(await databases[3]?.query("SELECT UM_USER_NAME FROM UM_USER")).toEqual([{ UM_USER_NAME: "ann" }]);
    const letters = await syncTool("dead-letters", "list");
    expect(letters.stdout).toContain(
      "ACCESS_TOKEN: the value is encrypted with AES and no symmetric key is configured",
    );
  });

  test("come from the servers' home directories as well", async () => {
    await configure({ "source.tokenProcessor": "encrypted" });
    for (const home of ["blue", "green"]) {
      await mkdir(join(folder, home, "repository/conf"), { recursive: true });
      await mkdir(join(folder, home, "repository/resources/security"), { recursive: true });
    }
    await writeFile(
      join(folder, "blue/repository/resources/security/own.jks"),
      Buffer.from(STORE.base64, "base64"),
    );
    await writeFile(
      join(folder, "blue/repository/conf/deployment.toml"),
      `[keystore.primary]\nfile_name = "own.jks"\nalias = "${STORE.alias}"\npassword = "${STORE.storePassword}"\nkey_password = "${STORE.keyPassword}"\n`,
    );
    await writeFile(
      join(folder, "green/repository/conf/deployment.toml"),
      `[encryption]\nkey = "${GREEN_KEY}"\n[oauth.extensions]\ntoken_persistence_processor = "org.wso2.carbon.identity.oauth.tokenprocessor.EncryptionDecryptionPersistenceProcessor"\n`,
    );
    await databases[0]?.exec([
      `DELETE FROM ${TOKENS} WHERE TOKEN_ID = 'bad'`,
      insertToken("new", stored("rsa-oaep-sha1-internal-keystore")),
    ]);
    const { code, stderr } = await syncTool(
      "run",
      "--until-drained",
      "--source-home",
      "blue",
      "--target-home",
      "green",
    );
    expect({ code, error: stderr.match(/error: .*/)?.[0] }).toEqual({ code: 0, error: undefined });
    const [row] =
      (await databases[1]?.query(`SELECT ACCESS_TOKEN FROM ${TOKENS} WHERE TOKEN_ID = 'new'`)) ?? [];
    expect(openSymmetric(String(row?.["ACCESS_TOKEN"]), aesKey("own32"))).toBe(ACCESS);
  });

  test("and what they open are in nothing that was written: outputs, log, dead letters", async () => {
    const log = await readFile(join(folder, "logs/sync.log"), "utf8");
    const letters = JSON.stringify((await databases[1]?.query("SELECT * FROM SYNC_DEAD_LETTERS")) ?? []);
    const written = [...outputs, log, letters].join("\n");
    expect(log.length).toBeGreaterThan(500);
    expect(SECRETS.filter((secret) => written.includes(secret))).toEqual([]);
  });
});
