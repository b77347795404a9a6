import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { type ConfigFolder, configFolder, GOOD_WARNING, requestObjectsWarning } from "./config-folder.ts";
import { GOOD_PROPERTIES, GOOD_TOML } from "./malformed-configuration.ts";

const folders: ConfigFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

async function folderWith(files: Parameters<typeof configFolder>[0]): Promise<ConfigFolder> {
  const folder = await configFolder({ properties: GOOD_PROPERTIES, toml: GOOD_TOML, ...files });
  folders.push(folder);
  return folder;
}

describe("loadConfig", () => {
  it("gives typed values, the defaults of absent keys and the settings of both datasources", async () => {
    const folder = await folderWith({});
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect({ ...config, warnings: config.warnings.map(folder.shorten) }).toEqual({
      sourceVersion: "5.7.0",
      targetVersion: "5.11.0",
      batchSize: 100,
      syncIntervalMs: 5000,
      syncTables: ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN_SCOPE"],
      schemas: [
        {
          name: "identity",
          source: {
            id: "Blue",
            at: { file: folder.deploymentFile, line: 1 },
            settings: {
              type: "mysql",
              hosts: [{ host: "blue", port: 3306 }],
              tls: { mode: "prefer" },
              database: "identity",
              user: "sync",
              password: "blue-secret",
              connectTimeoutMs: 10_000,
              pool: { max: 10, acquireTimeoutMs: 60_000 },
            },
          },
          target: {
            id: "Green",
            at: { file: folder.deploymentFile, line: 7 },
            settings: {
              type: "postgres",
              hosts: [{ host: "green", port: 5432 }],
              tls: { mode: "prefer" },
              database: "identity",
              user: "sync",
              password: "green-secret",
              connectTimeoutMs: 10_000,
              pool: { max: 10, acquireTimeoutMs: 60_000 },
            },
          },
        },
      ],
      files: { properties: folder.configFile, deployment: folder.deploymentFile },
      conflictPolicy: "dead-letter",
      deadLetterLimit: 1_000,
      logKeepDays: 30,
      logMaxMegabytes: 100,
      parallelism: 1,
      throttleQuery: {},
      extra: new Map(),
      warnings: [GOOD_WARNING],
    });
  });

  it("reads entities of XML in deployment.toml as the letters they stand for, as the server does, and says so", async () => {
    const toml = GOOD_TOML.replace(
      /^url = .*$/m,
      'url = "jdbc:mysql://blue/identity?useSSL=false&amp;connectTimeout=5000"',
    ).replace('"blue-secret"', '"a&lt;b&#38;&#x63;&notone;"');
    const folder = await folderWith({ toml });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect(config.schemas[0]?.source.settings).toMatchObject({
      tls: { mode: "disable" },
      connectTimeoutMs: 5_000,
      password: "a<b&c&notone;",
    });
    expect(config.warnings.filter((warning) => /entity of XML/.test(warning))).toHaveLength(2);
    expect(config.warnings.join()).not.toMatch(/notone/);
  });

  it("freezes everything, also what is inside", async () => {
    const folder = await folderWith({ properties: `${GOOD_PROPERTIES}source.key=a\n` });
    const otherKeys = [{ name: "source.key", type: "text", doc: "A key of another folder" }] as const;
    const config = await loadConfig({ configFile: folder.configFile, env: {}, otherKeys });
    const settings = config.schemas[0]?.source.settings;
    expect(() => Object.assign(settings ?? {}, { user: "other" })).toThrow(TypeError);
    expect(() => (config.syncTables as string[]).push("X")).toThrow(TypeError);
    expect(() => (config.extra as Map<string, unknown>).set("a", "b")).toThrow("Cannot change a frozen map");
    expect(config.extra.get("source.key")).toEqual({ value: "a", file: folder.configFile, line: 5 });
  });

  it("lets -D win over the file and resolves $sys from it", async () => {
    const folder = await folderWith({ toml: GOOD_TOML.replace("blue:3306", "$sys{db.host}:3306") });
    const config = await loadConfig({
      configFile: folder.configFile,
      defines: ["batchSize=7", "syncInterval=0", "db.host=blue2", "conflictPolicy=newest", "parallelism=4"],
      env: {},
    });
    expect([config.batchSize, config.syncIntervalMs, config.conflictPolicy, config.parallelism]).toEqual([
      7,
      0,
      "newest",
      4,
    ]);
    expect(config.schemas[0]?.source.settings.hosts).toEqual([{ host: "blue2", port: 3306 }]);
    expect(config.autoParallelism).toBe(undefined);
  });

  it("has one lane at least where the number is left to the network", async () => {
    const folder = await folderWith({ properties: `${GOOD_PROPERTIES}parallelism=auto\n` });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect([config.parallelism, config.autoParallelism]).toEqual([1, true]);
  });

  it("feeds $env from .env beside the file, lets the environment win, and leaves the environment as it is", async () => {
    const toml = GOOD_TOML.replace("blue-secret", "$env{BLUE_PW}").replace("green-secret", "$env{GREEN_PW}");
    const folder = await folderWith({ toml, dotenv: "BLUE_PW='from # file'\nGREEN_PW=from-file\n" });
    const env = { GREEN_PW: "from-environment" };
    const config = await loadConfig({ configFile: folder.configFile, env });
    expect(config.schemas[0]?.source.settings.password).toBe("from # file");
    expect(config.schemas[0]?.target.settings.password).toBe("from-environment");
    expect(env).toEqual({ GREEN_PW: "from-environment" });
    expect(process.env["BLUE_PW"]).toBeUndefined();
  });

  it("finds deployment.toml in CARBON_HOME when there is none beside the file", async () => {
    const folder = await folderWith({});
    const home = join(folder.path, "home");
    await mkdir(join(home, "repository", "conf"), { recursive: true });
    await rename(folder.deploymentFile, join(home, "repository", "conf", "deployment.toml"));
    const config = await loadConfig({ configFile: folder.configFile, env: { CARBON_HOME: home } });
    expect(folder.shorten(config.files.deployment)).toBe("conf/home/repository/conf/deployment.toml");
  });

  it("takes the file of --deployment and looks nowhere else", async () => {
    const folder = await folderWith({});
    const deploymentFile = join(folder.path, "other.toml");
    const failed = loadConfig({ configFile: folder.configFile, deploymentFile, env: {} });
    await expect(failed).rejects.toThrow("other.toml: no such file");
    await rename(folder.deploymentFile, deploymentFile);
    const config = await loadConfig({ configFile: folder.configFile, deploymentFile, env: {} });
    expect(config.files.deployment).toBe(deploymentFile);
  });

  it("takes a byte order mark, CRLF and blanks at the end of a value", async () => {
    const folder = await folderWith({
      properties: `\uFEFF${GOOD_PROPERTIES.replaceAll("\n", "  \r\n")}`,
      toml: `\uFEFF${GOOD_TOML.replaceAll("\n", "\r\n")}`,
    });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect([config.sourceVersion, config.schemas[0]?.target.id]).toEqual(["5.7.0", "Green"]);
  });

  it("reads a file that is not UTF-8 as ISO 8859-1, like Java", async () => {
    const properties = Buffer.from(`# \u00e9tat\n${GOOD_PROPERTIES}source.owner=Ren\u00e9\n`, "latin1");
    const folder = await folderWith({ properties });
    const otherKeys = [{ name: "source.owner", type: "text", doc: "A key of another folder" }] as const;
    const config = await loadConfig({ configFile: folder.configFile, env: {}, otherKeys });
    expect(config.extra.get("source.owner")?.value).toBe("Ren\u00e9");
  });

  it("ignores the other sections of a server's deployment.toml and datasources that nobody names", async () => {
    const server = `[server]\nhostname = "localhost"\n[user_store]\ntype = "database_unique_id"\n`;
    const unused = `[[datasource]]\nid = "Unused"\nurl = "jdbc:h2:./x"\n[database.shared_db]\ntype = "h2"\n`;
    const folder = await folderWith({ toml: `${server}${GOOD_TOML}${unused}` });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect([config.schemas.length, config.warnings.map(folder.shorten)]).toEqual([1, [GOOD_WARNING]]);
  });

  it("reads the server's own database tables and the three other schemas", async () => {
    const database = (name: string, type: string) =>
      `[database.${name}]\ntype = "${type}"\nhostname = "db"\nname = "wso2"\nusername = "u"\npassword = "p"\n`;
    const toml = `${GOOD_TOML}${database("identity_db", "mssql")}port = "1444"\n${database("shared_db", "postgre")}[database.shared_db.pool_options]\nmaxActive = "80"\nmaxWait = -1\nvalidationQuery = "SELECT 1"\ntestOnBorrow = true\nmaxActve = 5\n`;
    const pair = "jdbc/WSO2IdentityDB,jdbc/SHARED_DB";
    const folder = await folderWith({
      toml,
      properties: `${GOOD_PROPERTIES}umSchema=${pair}\nregSchema=${pair}\nconsentSchema = ${pair}\n`,
    });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect(config.schemas.map(({ name }) => name)).toEqual(["identity", "um", "reg", "consent"]);
    expect(config.schemas[1]?.source.settings).toMatchObject({
      type: "mssql",
      hosts: [{ host: "db", port: 1444 }],
      database: "wso2",
    });
    expect(config.schemas[1]?.target.settings).toMatchObject({
      type: "postgres",
      hosts: [{ host: "db", port: 5432 }],
      pool: { max: 80, acquireTimeoutMs: 600_000, validationQuery: "SELECT 1" },
    });
    expect(config.warnings.map(folder.shorten)).toEqual([
      GOOD_WARNING,
      'conf/deployment.toml:30: database.shared_db: pool_options: maxActve: has no effect in sync-tool; did you mean "maxActive"?',
    ]);
  });

  it("lets a pool without a maxActive have as many connections as are needed", async () => {
    const folder = await folderWith({ properties: `${GOOD_PROPERTIES}parallelism=32\n` });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect(
      config.schemas.map(({ source, target }) => [source, target].map((one) => one.settings.pool.max)),
    ).toEqual([[10, 34]]);
  });

  it("counts both directions' connections on each side when there is a way back", async () => {
    const folder = await folderWith({ properties: `${GOOD_PROPERTIES}parallelism=32\nwayBack=true\n` });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect(config.wayBack).toBe(true);
    expect(
      config.schemas.map(({ source, target }) => [source, target].map((one) => one.settings.pool.max)),
    ).toEqual([[37, 37]]);
  });

  it.each([
    ["partitions of the tokens", "IDN_OAUTH2_ACCESS_TOKEN_A,IDN_OAUTH2_ACCESS_TOKEN_SCOPE_A"],
    ["WSO2's tables that are near to a documented one", "IDN_OAUTH1A_ACCESS_TOKEN"],
    ["tables of one's own", "ACME_AUDIT,ACME_TOKENS"],
  ])("takes %s", async (_, tables) => {
    const properties = GOOD_PROPERTIES.replace(/syncTables=.*/, `syncTables=${tables}`);
    const folder = await folderWith({ properties });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect(config.syncTables.join(",")).toBe(tables);
    expect(config.warnings).toHaveLength(1);
  });

  it.each([
    ["5.4.1", "IDN_OAUTH2_AUTHORIZATION_CODE", ""],
    [
      "5.9.0",
      "IDN_OAUTH2_AUTHORIZATION_CODE",
      "IDN_OIDC_REQ_OBJECT_REFERENCE,IDN_OIDC_REQ_OBJECT_CLAIMS,IDN_OIDC_REQ_OBJ_CLAIM_VALUES",
    ],
    [
      "5.10.0",
      "IDN_OAUTH2_ACCESS_TOKEN,IDN_OAUTH2_ACCESS_TOKEN_SCOPE,IDN_OAUTH2_AUTHORIZATION_CODE",
      "IDN_OAUTH2_AUTHZ_CODE_SCOPE,IDN_OAUTH2_TOKEN_BINDING,IDN_OIDC_REQ_OBJECT_REFERENCE,IDN_OIDC_REQ_OBJECT_CLAIMS,IDN_OIDC_REQ_OBJ_CLAIM_VALUES",
    ],
  ])(
    "gives the very line that syncs what belongs to the rows of %s, and takes it",
    async (version, tables, sides) => {
      const load = async (syncTables: string) => {
        const properties = GOOD_PROPERTIES.replace(/syncTables=.*/, `syncTables=${syncTables}`).replace(
          "5.7.0",
          version,
        );
        const folder = await folderWith({ properties });
        return (await loadConfig({ configFile: folder.configFile, env: {} })).warnings;
      };
      const [, line] = /; to sync them: syncTables=(.*)$/.exec((await load(tables)).join()) ?? [];
      expect(line).toBe(sides === "" ? undefined : `${tables},${sides}`);
      if (line !== undefined) expect(await load(line)).toEqual([]);
    },
  );

  it("names in warnings what it takes but would not expect", async () => {
    const folder = await folderWith({
      properties: GOOD_PROPERTIES.replace(
        /syncTables=.*/,
        "syncTables=idn_oauth2_access_token , IDN_OIDC_JTI,IDN_OAUTH2_ACCESS_TOKEN, custom_tokens,",
      ).replace("sourceVersion=5.7.0", "sourceVersion=5.7.0\nsourceVersion=5.8.0"),
      toml: GOOD_TOML.replace("3306/identity", "3306/identity?serverTimezone=UTC").replace(
        'username = "sync"',
        'username = "sync"\ndriver = "org.postgresql.Driver"\ncolour = "blue"',
      ),
    });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect(config.syncTables).toEqual(["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OIDC_JTI", "CUSTOM_TOKENS"]);
    expect(config.sourceVersion).toBe("5.8.0");
    expect(config.warnings.map(folder.shorten)).toEqual([
      "conf/sync.properties:2: sourceVersion: is also on line 1; the last one counts",
      "conf/sync.properties:4: syncTables: names IDN_OAUTH2_ACCESS_TOKEN twice",
      "conf/sync.properties:4: syncTables: IDN_OIDC_JTI, CUSTOM_TOKENS: not among the tables documented for syncing: IDN_IDENTITY_USER_DATA, IDN_OAUTH2_ACCESS_TOKEN, IDN_OAUTH2_ACCESS_TOKEN_SCOPE, IDN_OAUTH2_AUTHORIZATION_CODE",
      "conf/sync.properties:4: syncTables: IDN_OAUTH2_ACCESS_TOKEN without IDN_OAUTH2_ACCESS_TOKEN_SCOPE: synced tokens will have no scopes on the target; " +
        requestObjectsWarning(
          "IDN_OAUTH2_ACCESS_TOKEN",
          "IDN_OAUTH2_ACCESS_TOKEN,IDN_OIDC_JTI,CUSTOM_TOKENS,IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
        ).replace("syncTables: ", ""),
      'conf/deployment.toml:3: datasource "Blue": url: URL option "serverTimezone" has no effect in sync-tool',
      'conf/deployment.toml:5: datasource "Blue": driver: "org.postgresql.Driver" is not a driver for the URL, which is of mysql',
      'conf/deployment.toml:6: datasource "Blue": colour: is not a key that sync-tool knows; it has no effect',
    ]);
  });

  it("warns of scopes without tokens", async () => {
    const properties = GOOD_PROPERTIES.replace(/syncTables=.*/, "syncTables=IDN_OAUTH2_ACCESS_TOKEN_SCOPE");
    const folder = await folderWith({ properties });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    expect(config.warnings.map(folder.shorten)).toEqual([
      "conf/sync.properties:3: syncTables: IDN_OAUTH2_ACCESS_TOKEN_SCOPE without IDN_OAUTH2_ACCESS_TOKEN: scopes of new tokens will find no token on the target",
    ]);
  });
});
