import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCatalogue } from "../support/catalogue.ts";
import { runCli } from "../support/cli.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { runScript } from "../support/sql-client.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLES = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
];
const APP =
  "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (1, 'pickup-dispatch', -1234)";
const CODE = (id: string) =>
  `INSERT INTO IDN_OAUTH2_AUTHORIZATION_CODE (CODE_ID, AUTHORIZATION_CODE, CONSUMER_KEY_ID, TIME_CREATED, VALIDITY_PERIOD, STATE) VALUES ('${id}', 'code-${id}', 1, '2021-01-02 03:04:05', 300000, 'ACTIVE')`;

describeDialects("The scripts of prepare --generate-ddl", (dialect) => {
  let folder: string;
  let config: string;
  let databases: TestDatabase[];
  let blue: TestDatabase;
  let green: TestDatabase;
  let pristine: string[][];
  const script = (name: string) => join(folder, "dbscripts/sync-tool", `identity_${name}.sql`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sync-tool-e2e-"));
    const server = await dialect.server();
    databases = await Promise.all([0, 1, 2, 3].map(() => server.createDatabase()));
    [blue, green] = databases as [TestDatabase, TestDatabase];
    for (const [i, database] of databases.entries()) {
      await database.exec(createTables(dialect.name, i % 2 === 0 ? "5.9.0" : "5.11.0"));
      await database.exec([APP]);
    }
    pristine = [await readCatalogue(blue), await readCatalogue(green)];
    config = await writeConfigFiles(folder, {
      source: blue,
      target: green,
      sourceVersion: "5.9.0",
      syncTables: TABLES,
    });
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.drop()));
    await rm(folder, { recursive: true });
  });

  test("are written to dbscripts/sync-tool, and their paths to stdout, and nothing to the databases", async () => {
    const { code, stdout } = await runCli(["prepare", "--generate-ddl", "--config", config], folder);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "dbscripts/sync-tool/identity_source.sql",
      "dbscripts/sync-tool/identity_source_remove.sql",
      "dbscripts/sync-tool/identity_source_grants.sql",
      "dbscripts/sync-tool/identity_target.sql",
      "dbscripts/sync-tool/identity_target_remove.sql",
      "dbscripts/sync-tool/identity_target_grants.sql",
      "",
    ]);
    expect([await readCatalogue(blue), await readCatalogue(green)]).toEqual(pristine);
    expect(await readFile(script("source_grants"), "utf8")).not.toContain(blue.settings.password);
  });

  test("make, run by the database's own client, once or twice, what prepare makes", async () => {
    for (const [database, name] of [
      [blue, "source"],
      [green, "target"],
    ] as const) {
      expect(await runScript(database, script(name))).toEqual({ code: 0, output: "" });
      await database.exec([CODE("kept")]);
      expect((await runScript(database, script(name))).code).toBe(0);
    }
    const [, , otherBlue, otherGreen] = databases as [unknown, unknown, TestDatabase, TestDatabase];
    const other = join(folder, "other");
    await mkdir(other);
    const otherConfig = await writeConfigFiles(other, {
      source: otherBlue,
      target: otherGreen,
      sourceVersion: "5.9.0",
      syncTables: TABLES,
    });
    expect((await runCli(["prepare", "--config", otherConfig], folder)).code).toBe(0);
    expect(await readCatalogue(blue)).toEqual(await readCatalogue(otherBlue));
    expect(await readCatalogue(green)).toEqual(await readCatalogue(otherGreen));
  });

  test("install capture that prepare takes for its own and that run syncs from", async () => {
    const before = await readCatalogue(blue);
    await blue.exec([CODE("live")]);
    expect((await runCli(["run", "--until-drained", "--config", config], folder)).code).toBe(0);
    const codes = await green.query("SELECT CODE_ID FROM IDN_OAUTH2_AUTHORIZATION_CODE ORDER BY CODE_ID");
    expect(codes).toEqual([{ CODE_ID: "kept" }, { CODE_ID: "live" }]);
    expect((await runCli(["prepare", "--config", config], folder)).code).toBe(0);
    expect(await readCatalogue(blue)).toEqual(before);
  });

  test("add the columns that the journal lacks, also when they are run twice", async () => {
    await blue.exec(["ALTER TABLE IDN_IDENTITY_USER_DATA ADD ADDED VARCHAR(10)"]);
    expect((await runCli(["run", "--once", "--config", config], folder)).code).toBe(5);
    await runCli(["prepare", "--generate-ddl", "--config", config], folder);
    for (let time = 0; time < 2; time++) expect((await runScript(blue, script("source"))).code).toBe(0);
    expect((await runCli(["run", "--once", "--config", config], folder)).code).toBe(0);
  });

  test("refuse the target's script in the source", async () => {
    const before = await readCatalogue(blue);
    expect((await runScript(blue, script("target"))).code).not.toBe(0);
    expect(await readCatalogue(blue)).toEqual(before);
  });

  test("remove everything again", async () => {
    expect((await runScript(blue, script("source_remove"))).code).toBe(0);
    expect((await runScript(green, script("target_remove"))).code).toBe(0);
    const now = [await readCatalogue(blue), await readCatalogue(green)];
    expect(now.map((lines) => lines.filter((line) => !/\bADDED\b/i.test(line)))).toEqual(pristine);
  });
});
