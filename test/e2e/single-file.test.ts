import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareHost, describeOnBareHost, openBareHost } from "../support/bare-host.ts";
import type { CliResult } from "../support/cli.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { aesKey, keystoreVector, stored, VECTORS } from "../support/crypto-vectors.ts";
import { describeDialects } from "../support/dialects.ts";
import { openSymmetric } from "../support/open-stored.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { putSingleFile } from "../support/single-file.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const TABLES = ["IDN_OAUTH_CONSUMER_APPS", TOKENS, "IDP"] as const;
const STORE = keystoreVector("multi");
/** More than a thread of its own is started for. */
const ROWS = 20;

const insertToken = (id: string): string =>
  `INSERT INTO ${TOKENS} (TOKEN_ID, ACCESS_TOKEN, AUTHZ_USER, TENANT_ID, USER_DOMAIN, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED) VALUES ('${id}', '${stored("rsa-oaep-sha1-internal-keystore")}', '${id}', -1234, 'PRIMARY', '2020-01-01 00:00:00', '2020-01-01 00:00:00')`;

describeOnBareHost("The single file, on a host without Node,", () => {
  let host: BareHost;

  beforeAll(async () => {
    host = await openBareHost();
    await putSingleFile(host.folder);
  }, 300_000);
  afterAll(() => host?.close());

  const syncTool = (...args: readonly string[]): Promise<CliResult> =>
    host.run(`${host.inside}/sync-tool`, args, { user: "1000:1000" });

  test("tells its version and its help", async () => {
    expect((await host.run("/bin/sh", ["-c", "command -v node"])).code).not.toBe(0);
    const { version } = await import("../../package.json", { with: { type: "json" } }).then(
      (one) => one.default,
    );
    expect(await syncTool("--version")).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
    expect((await syncTool("run", "--help")).stdout).toContain("--until-drained");
  });

  test("names every mistake of a configuration", async () => {
    const { code, stderr } = await syncTool("doctor");
    expect(code).toBe(3);
    expect(stderr).toContain("sync.properties: no such file");
  });

  test.each(["sqlserver://127.0.0.1:1;databaseName=x", "oracle:thin:@//127.0.0.1:1/x"])(
    "loads the driver of jdbc:%s",
    async (url) => {
      const source = (id: string): string =>
        `[[datasource]]\nid = "${id}"\nurl = "jdbc:${url}${id}"\nusername = "u"\npassword = "p"\n`;
      await writeFile(join(host.folder, "deployment.toml"), source("blue") + source("green"));
      await writeFile(
        join(host.folder, "sync.properties"),
        `sourceVersion=5.9.0\ntargetVersion=5.11.0\nsyncTables=${TOKENS}\nidentitySchema=jdbc/blue,jdbc/green\n`,
      );
      const { code, stderr } = await syncTool("run", "--once");
      expect({ code, said: stderr.includes("[DATABASE_UNREACHABLE]") }).toEqual({ code: 4, said: true });
    },
  );

  describeDialects(
    "prepares, runs and verifies",
    (dialect) => {
      let blue: TestDatabase;
      let green: TestDatabase;

      beforeAll(async () => {
        const server = await dialect.server();
        blue = await server.createDatabase();
        green = await server.createDatabase();
        await blue.exec(createTables(dialect.name, "5.7.0", TABLES));
        await green.exec([
          ...createTables(dialect.name, "5.11.0", TABLES),
          "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (7, -1234, 'LOCAL', 'u')",
        ]);
        await writeFile(join(host.folder, "keys.jks"), Buffer.from(STORE.base64, "base64"));
        await writeFile(
          join(host.folder, ".env"),
          `STORE_PASSWORD=${STORE.storePassword}\nKEY_PASSWORD=${STORE.keyPassword}\nGREEN_KEY=${VECTORS.symmetricKeys["own32"]?.configured}\n`,
        );
        await writeConfigFiles(host.folder, {
          source: blue,
          target: green,
          sourceVersion: "5.7.0",
          syncTables: [TOKENS],
          properties: {
            syncInterval: "50",
            "source.tokenProcessor": "encrypted",
            "source.keystore.1.path": "keys.jks",
            "source.keystore.1.alias": STORE.alias,
            "source.keystore.1.storePassword": "$env{STORE_PASSWORD}",
            "source.keystore.1.keyPassword": "$env{KEY_PASSWORD}",
            "target.tokenProcessor": "encrypted",
            "target.symmetricKey": "$env{GREEN_KEY}",
          },
        });
      });
      afterAll(async () => {
        await blue?.drop();
        await green?.drop();
      });

      test("with encrypted tokens, which threads open", async () => {
        expect(await syncTool("prepare")).toMatchObject({ code: 0 });
        await blue.exec(Array.from({ length: ROWS }, (_, i) => insertToken(`t${i}`)));
        const run = await syncTool("run", "--until-drained");
        expect({ code: run.code, error: run.stderr.match(/error: .*/)?.[0] }).toEqual({
          code: 0,
          error: undefined,
        });
        const rows = await green.query(`SELECT ACCESS_TOKEN FROM ${TOKENS}`);
        const opened = rows.map((row) => openSymmetric(String(row["ACCESS_TOKEN"]), aesKey("own32")));
        expect(opened).toEqual(Array(ROWS).fill("4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a"));
        expect(await syncTool("verify")).toMatchObject({ code: 0 });
        await green.exec(`DELETE FROM ${TOKENS} WHERE TOKEN_ID = 't0'`);
        expect(await syncTool("verify")).toMatchObject({ code: 6 });
      });
    },
    ["postgres", "mariadb"],
  );
});
