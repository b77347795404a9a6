/** What a right configuration is taken to mean, at the edges of each key: a value read otherwise reaches another server, or another load. */
import { afterEach, describe, expect, it } from "vitest";
import { decodeText } from "../../../src/config/decode-text.ts";
import { deepFreeze } from "../../../src/config/deep-freeze.ts";
import { fewestConnections, shareOf } from "../../../src/config/fewest-connections.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { ConnectionSettings, SyncConfig } from "../../../src/config/sync-config.ts";
import { type ConfigFolder, configFolder } from "./config-folder.ts";
import { GOOD_PROPERTIES, GOOD_TOML, toml as withTomlLine } from "./malformed-configuration.ts";

const folders: ConfigFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

interface Given {
  /** Lines after the good ones. */
  readonly lines?: string;
  readonly toml?: string;
  readonly defines?: readonly string[];
  readonly env?: Record<string, string>;
}

async function load({ lines = "", toml = GOOD_TOML, defines = [], env = {} }: Given): Promise<SyncConfig> {
  const folder = await configFolder({ properties: `${GOOD_PROPERTIES}${lines}\n`, toml });
  folders.push(folder);
  return loadConfig({ configFile: folder.configFile, defines, env });
}

const sides = async (given: Given): Promise<readonly [ConnectionSettings, ConnectionSettings]> => {
  const pair = (await load(given)).schemas[0];
  if (pair === undefined) throw new Error("no schema");
  return [pair.source.settings, pair.target.settings];
};

/** [database.identity_db] in the place of the good source. */
const parts = (...lines: readonly string[]): string =>
  `${GOOD_TOML}\n[database.identity_db]\nusername = "sync"\npassword = "secret"\n${lines.join("\n")}\n`;
const ofParts = async (...lines: readonly string[]): Promise<ConnectionSettings> =>
  (await sides({ lines: "identitySchema=jdbc/WSO2IdentityDB,jdbc/Green", toml: parts(...lines) }))[0];

describe("a number of sync.properties", () => {
  it.each([
    ["batchSize=1", { batchSize: 1 }],
    ["batchSize=100000", { batchSize: 100_000 }],
    ["batchSize=50000\nparallelism=2", { batchSize: 50_000, parallelism: 2 }],
    ["syncInterval=0", { syncIntervalMs: 0 }],
    ["syncInterval=86400000", { syncIntervalMs: 86_400_000 }],
    ["deadLetterLimit=0", { deadLetterLimit: 0 }],
    ["deadLetterLimit=1000000", { deadLetterLimit: 1_000_000 }],
    ["parallelism=32", { parallelism: 32 }],
  ])("%j is taken at its limit", async (lines, expected) => {
    const toml = `${GOOD_TOML}[datasource.pool_options]\nmaxActive = 40\n`;
    expect(await load({ lines, toml })).toMatchObject(expected);
  });

  it.each([
    ["batchSize=100001", "batchSize: found"],
    ["batchSize=50001\nparallelism=2", "wanted at most 50000"],
    ["syncInterval=86400001", "syncInterval: found"],
    ["deadLetterLimit=1000001", "deadLetterLimit: found"],
    ["parallelism=0", "parallelism: found"],
    ["parallelism=33", "parallelism: found"],
    ["batchSize=1e3", "batchSize: found"],
    ["batchSize= -5", "batchSize: found"],
    ["wayBack=yes", "wayBack: found"],
    ["source.acceptReplica=1", "source.acceptReplica: found"],
    ["target.acceptReplica=TRUE", "target.acceptReplica: found"],
    ["source.emailUserNames=maybe", "source.emailUserNames: found"],
  ])("%j is refused beyond it", async (lines, problem) => {
    const toml = `${GOOD_TOML}[datasource.pool_options]\nmaxActive = 40\n`;
    await expect(load({ lines, toml })).rejects.toThrow(problem);
  });
});

describe("versions", () => {
  it("may be the same on both sides, as when only the database moves", async () => {
    expect(await load({ lines: "sourceVersion=5.11.0" })).toMatchObject({
      sourceVersion: "5.11.0",
      targetVersion: "5.11.0",
    });
  });

  it("that lack their last number are named in full", async () => {
    await expect(load({ lines: "sourceVersion=5.4" })).rejects.toThrow('did you mean "5.4.0"?');
    await expect(load({ lines: "sourceVersion=" })).rejects.toThrow(
      "bin/version.txt of the source's server says which it is",
    );
  });
});

describe("a switch in sync.properties", () => {
  it("is off unless it is set", async () => {
    const config = await load({});
    expect([config.wayBack, config.emailUserNames]).toEqual([undefined, undefined]);
    const off = await load({ lines: "wayBack=false\nsource.emailUserNames=false" });
    expect([off.wayBack, off.emailUserNames]).toEqual([undefined, undefined]);
    const on = await load({ lines: "wayBack=true\nsource.emailUserNames=true" });
    expect([on.wayBack, on.emailUserNames]).toEqual([true, true]);
  });

  it("acceptReplica lets the server through that it names, and not the other", async () => {
    const [source, target] = await sides({ lines: "source.acceptReplica=true" });
    expect([source.acceptReplica, target.acceptReplica]).toEqual([true, undefined]);
    const [other, mine] = await sides({ lines: "target.acceptReplica=true" });
    expect([other.acceptReplica, mine.acceptReplica]).toEqual([undefined, true]);
  });

  it.each(["dead-letter", "keep-target", "newest"])("conflictPolicy=%s", async (policy) => {
    expect((await load({ lines: `conflictPolicy=${policy}` })).conflictPolicy).toBe(policy);
  });
});

describe("a database in parts leads to the port and the encryption of its product", () => {
  it.each([
    ["mysql", { type: "mysql", hosts: [{ host: "db", port: 3306 }], tls: { mode: "prefer" } }],
    ["mariadb", { type: "mariadb", hosts: [{ host: "db", port: 3306 }], tls: { mode: "disable" } }],
    ["postgre", { type: "postgres", hosts: [{ host: "db", port: 5432 }], tls: { mode: "prefer" } }],
    ["postgresql", { type: "postgres", hosts: [{ host: "db", port: 5432 }], tls: { mode: "prefer" } }],
    ["MSSQL", { type: "mssql", hosts: [{ host: "db", port: 1433 }], tls: { mode: "prefer" } }],
    [" oracle ", { type: "oracle", hosts: [{ host: "db", port: 1521 }], tls: { mode: "disable" } }],
  ])("%s", async (type, expected) => {
    const settings = await ofParts(`type = "${type}"`, 'hostname = " db "', 'name = "wso2"');
    expect(settings).toMatchObject({ ...expected, database: "wso2", user: "sync", password: "secret" });
  });

  it("a SID of Oracle takes the place of the name", async () => {
    const settings = await ofParts('type = "oracle"', 'hostname = "db"', 'sid = "ORCL"', "port = 65535");
    expect(settings).toMatchObject({ sid: "ORCL", hosts: [{ host: "db", port: 65_535 }] });
    expect(settings.database).toBeUndefined();
  });

  it("a URL beside the type counts, and may be MariaDB's where the type is mysql", async () => {
    const settings = await ofParts('type = "mysql"', 'url = "jdbc:mariadb://other:3307/wso2"');
    expect(settings).toMatchObject({ type: "mariadb", hosts: [{ host: "other", port: 3307 }] });
  });

  it.each([
    [
      ['type = "mysql"', 'name = "wso2"', 'hostname = ""'],
      'hostname: found "", wanted a host name or address',
    ],
    [['type = "mysql"', 'hostname = "db"'], "name: missing, wanted the database's name"],
    [['hostname = "db"', 'name = "wso2"'], "type: missing, wanted one of mysql"],
    [['type = "mysql"', 'hostname = "db"', 'name = "wso2"', "port = 0"], 'port: found "0"'],
    [['type = "db2"', 'hostname = "db"', 'name = "wso2"'], "DB2 is not supported"],
    [['type = "postgre"', 'url = "jdbc:mysql://db/wso2"'], "but the URL is of mysql"],
  ])("%j is refused", async (lines, problem) => {
    await expect(ofParts(...lines)).rejects.toThrow(problem);
  });
});

describe("a datasource", () => {
  const warningsOf = async (line: number, text: string): Promise<string> =>
    (await load({ toml: withTomlLine(line, text) })).warnings.join("\n");

  it.each([
    ["com.mysql.cj.jdbc.Driver", false],
    ["org.mariadb.jdbc.Driver", false],
    ["org.postgresql.Driver", true],
    ["com.microsoft.sqlserver.jdbc.SQLServerDriver", true],
    ["net.sourceforge.jtds.jdbc.Driver", true],
    ["oracle.jdbc.OracleDriver", true],
    ["com.example.Driver", false],
  ])("of MySQL with the driver %s: a slip of the pen is %s", async (driver, isTold) => {
    const warnings = await warningsOf(4, `username = "sync"\ndriver = "${driver}"`);
    expect(warnings.includes("is not a driver for the URL, which is of mysql")).toBe(isTold);
  });

  it("may name its user and password in the URL", async () => {
    const toml = GOOD_TOML.replace("//blue:3306", "//other:in-url@blue:3306").replace(
      'username = "sync"\npassword = "blue-secret"\n',
      "",
    );
    expect((await sides({ toml }))[0]).toMatchObject({ user: "other", password: "in-url" });
  });

  it("that names them twice takes the keys, and says so where they differ", async () => {
    const same = await load({ toml: GOOD_TOML.replace("//blue:3306", "//sync:blue-secret@blue:3306") });
    expect(same.warnings.join()).not.toContain("differs");
    const other = await load({ toml: GOOD_TOML.replace("//blue:3306", "//root:in-url@blue:3306") });
    expect(other.schemas[0]?.source.settings).toMatchObject({ user: "sync", password: "blue-secret" });
    expect(other.warnings.filter((line) => line.includes("differs from the one in the URL"))).toHaveLength(2);
  });

  it("keeps blanks around a password, which may belong to it, and says so", async () => {
    const [source] = await sides({ toml: withTomlLine(5, 'password = " s "') });
    expect(source.password).toBe(" s ");
    expect(await warningsOf(5, 'password = " s "')).toContain("begins or ends with a blank, which is kept");
    expect(await warningsOf(5, 'password = "a b"')).not.toContain("blank");
  });

  it("without a user, or with another type of value, is refused", async () => {
    await expect(load({ toml: withTomlLine(4, "") })).rejects.toThrow("username: missing");
    await expect(load({ toml: withTomlLine(4, 'username = "  "') })).rejects.toThrow("username: is empty");
    await expect(load({ toml: withTomlLine(3, "url = [1]") })).rejects.toThrow(
      "url: wanted a text in quotes",
    );
  });

  it("whose password is a number is taken at its digits", async () => {
    expect((await sides({ toml: withTomlLine(5, "password = 12345") }))[0].password).toBe("12345");
  });
});

describe("the pool of a datasource", () => {
  const pool = async (...lines: readonly string[]): Promise<object> =>
    (await sides({ toml: `${GOOD_TOML}[datasource.pool_options]\n${lines.join("\n")}\n` }))[1].pool;

  it.each([
    [["maxActive = 3"], { max: 3, acquireTimeoutMs: 60_000 }],
    [["maxActive = 10000"], { max: 10_000, acquireTimeoutMs: 60_000 }],
    [["maxWait = 1"], { max: 10, acquireTimeoutMs: 1 }],
    [["maxWait = 0"], { max: 10, acquireTimeoutMs: 600_000 }],
    [["maxWait = -1"], { max: 10, acquireTimeoutMs: 600_000 }],
    [["maxWait = 2147483647"], { max: 10, acquireTimeoutMs: 2_147_483_647 }],
    [['validationQuery = "SELECT 1"'], { max: 10, acquireTimeoutMs: 60_000, validationQuery: "SELECT 1" }],
  ])("%j", async (lines, expected) => {
    expect(await pool(...lines)).toEqual(expected);
  });

  it.each([
    ["maxActive = 0", "maxActive: found"],
    ["maxActive = 10001", "maxActive: found"],
    ["maxActive = 2", "wanted at least 3 connections"],
    ["maxWait = -2", "maxWait: found"],
    ["maxWait = 2147483648", "maxWait: found"],
  ])("%j is refused", async (line, problem) => {
    await expect(pool(line)).rejects.toThrow(problem);
  });

  it("grows to what the lanes need where nothing is set", async () => {
    const [source, target] = await sides({ lines: "parallelism=20" });
    expect([source.pool.max, target.pool.max]).toEqual([10, 22]);
  });
});

describe("connections", () => {
  it("each lane wants one to write with, and a way back those of both directions", () => {
    expect(fewestConnections("source", { parallelism: 4 }).count).toBe(3);
    expect(fewestConnections("target", { parallelism: 4 }).count).toBe(6);
    expect(fewestConnections("target", { parallelism: 1 }).count).toBe(3);
    expect(fewestConnections("source", { parallelism: 4, wayBack: true }).count).toBe(9);
    expect(fewestConnections("target", { parallelism: 4, wayBack: true }).count).toBe(9);
  });

  it.each([
    [1, 6],
    [1, 7],
    [1, 20],
    [4, 9],
    [4, 10],
    [4, 11],
    [4, 40],
  ])(
    "both directions with %i lanes share a database's %i, and neither lacks what it needs",
    (parallelism, max) => {
      const uses = { parallelism, wayBack: true };
      const [source, target] = [shareOf("source", max, uses), shareOf("target", max, uses)];
      expect(source + target).toBe(max);
      expect(source).toBeGreaterThanOrEqual(fewestConnections("source", { parallelism }).count);
      expect(target).toBeGreaterThanOrEqual(fewestConnections("target", { parallelism }).count);
      expect(shareOf("source", max, { parallelism })).toBe(max);
      expect(shareOf("target", max, { parallelism })).toBe(max);
    },
  );

  it("and halve what there is beyond that", () => {
    expect([
      shareOf("source", 20, { parallelism: 1, wayBack: true }),
      shareOf("target", 20, { parallelism: 1, wayBack: true }),
    ]).toEqual([10, 10]);
  });
});

describe("the files", () => {
  it("$sys{carbon.home} is CARBON_HOME, unless -D says otherwise", async () => {
    const toml = GOOD_TOML.replace("//blue:3306/identity", "//blue:3306/$sys{carbon.home}");
    const database = async (given: Given): Promise<unknown> => (await sides({ toml, ...given }))[0].database;
    expect(await database({ env: { CARBON_HOME: "is" } })).toBe("is");
    expect(await database({ env: { CARBON_HOME: "is" }, defines: ["carbon.home=mine"] })).toBe("mine");
    await expect(database({})).rejects.toThrow("$sys{carbon.home} is not set");
  });

  it("UTF-16 is refused whichever byte comes first, and what only begins like it is not", () => {
    expect(decodeText(Buffer.from([0xff, 0xfe, 0x61, 0x00]))).toBeUndefined();
    expect(decodeText(Buffer.from([0xfe, 0xff, 0x00, 0x61]))).toBeUndefined();
    expect(decodeText(Buffer.from([0xff, 0x61]))).toBe("\u00ffa");
    expect(decodeText(Buffer.from([0xfe, 0xfe]))).toBe("\u00fe\u00fe");
    expect(decodeText(Buffer.from([0x61, 0xfe]))).toBe("a\u00fe");
    expect(decodeText(Buffer.from("\u0080", "latin1"))).toBe("\u0080");
  });

  it("nothing of a configuration can be changed later, in maps neither", () => {
    const frozen = deepFreeze({ map: new Map([["a", { deep: [1] }]]), list: [{ x: 1 }] });
    expect(() => frozen.map.delete("a")).toThrow(TypeError);
    expect(() => frozen.map.clear()).toThrow(TypeError);
    expect(() => frozen.map.get("a")?.deep.push(2)).toThrow(TypeError);
    expect(() => Object.assign(frozen.list[0] ?? {}, { x: 2 })).toThrow(TypeError);
    expect(frozen.map.get("a")).toEqual({ deep: [1] });
  });
});
