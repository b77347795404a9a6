/**
 * The whole way of a migration with the built command against one server:
 * prepare, traffic, dump and restore, migration, run, drain, verify, comparison, cleanup. `npm run smoke`.
 * SMOKE_URL=mysql://root:password@host:3306 names the server (also mariadb: and postgres:); without it, a private
 * server of SMOKE_DIALECT (default mariadb) is started.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { runCli, startCli } from "../support/cli.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { copyRows } from "../support/copy-rows.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { DIALECT_NAMES, type TestDialectName } from "../support/env.ts";
import { startMariadb } from "../support/servers/mariadb.ts";
import { startMysql } from "../support/servers/mysql.ts";
import { startPostgres } from "../support/servers/postgres.ts";
import { addressOf, attachServer } from "../support/servers/server-by-url.ts";
import type { TestDatabase, TestServer } from "../support/servers/test-server.ts";
import { runTraffic, TRAFFIC_PARENTS } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";
import { migrateTo511 } from "../support/wso2-migration.ts";
import { WSO2_TABLES } from "../support/wso2-shapes.ts";
import { createTables } from "../support/wso2-tables.ts";

const SOURCE_VERSION = "5.7.0";
const SYNCED = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
] as const;

const say = (line: string) => process.stdout.write(`${line}\n`);

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`smoke test: ${what}`);
  say(`ok: ${what}`);
}

async function openServer(): Promise<{ server: TestServer; close: () => Promise<void> }> {
  const url = process.env["SMOKE_URL"];
  const name =
    (url === undefined ? process.env["SMOKE_DIALECT"] : new URL(url).protocol.slice(0, -1)) ?? "mariadb";
  const dialect = DIALECT_NAMES.find((known) => known === name);
  if (url !== undefined && dialect !== undefined) {
    // A container accepts connections a while after it has been started.
    const server = await waitFor(() => attachServer(addressOf(dialect, url)).catch(() => undefined), {
      what: `an answer of the ${dialect} server of SMOKE_URL`,
      timeoutMs: 120_000,
      pollMs: 500,
    });
    return { server, close: async () => undefined };
  }
  const starts: Partial<Record<TestDialectName, () => Promise<TestServer>>> = {
    postgres: startPostgres,
    mariadb: startMariadb,
    mysql: startMysql,
  };
  const start = dialect && starts[dialect];
  if (start === undefined) throw new Error(`smoke test: no server for "${name}"`);
  const server = await start();
  return { server, close: () => server.stop() };
}

const command =
  (folder: string, config: string) =>
  async (name: string, ...flags: readonly string[]) => {
    const { code, stderr } = await runCli([name, "--config", config, ...flags], folder, 300_000);
    if (code !== 0) say(stderr);
    check(code === 0, `sync-tool ${[name, ...flags].join(" ")} ends with 0`);
  };

/** What the target must hold: the source's rows of this moment, migrated as WSO2 does it. */
async function expectedRows(server: TestServer, source: TestDatabase): Promise<TestDatabase> {
  const expected = await server.createDatabase();
  await expected.exec(createTables(server.dialect, SOURCE_VERSION));
  await copyRows(source, expected, WSO2_TABLES);
  await expected.exec(migrateTo511(server.dialect, SOURCE_VERSION));
  return expected;
}

async function smoke(server: TestServer, folder: string): Promise<void> {
  say(`${server.dialect} ${server.version}`);
  const blue = await server.createDatabase();
  const green = await server.createDatabase();
  await blue.exec([...createTables(server.dialect, SOURCE_VERSION), ...TRAFFIC_PARENTS]);
  await runTraffic(blue, { name: "old" });
  const before = await databaseObjects(blue);

  const config = await writeConfigFiles(folder, {
    source: blue,
    target: green,
    sourceVersion: SOURCE_VERSION,
    syncTables: SYNCED,
    properties: { batchSize: "100", syncInterval: "200" },
  });
  const syncTool = command(folder, config);
  await syncTool("prepare");
  await runTraffic(blue, { name: "early" });
  await green.exec(createTables(server.dialect, SOURCE_VERSION));
  await copyRows(blue, green, WSO2_TABLES);
  await green.exec(migrateTo511(server.dialect, SOURCE_VERSION));
  const restored = await databaseObjects(green);

  const runner = startCli(["run", "--config", config], folder);
  await runTraffic(blue, { name: "live" });
  runner.kill("SIGTERM");
  const { code, stderr } = await runner.ended;
  if (code !== 0) say(stderr);
  check(code === 0, "sync-tool run, stopped by SIGTERM, ends with 0");
  await runTraffic(blue, { name: "late" });
  await syncTool("run", "--until-drained");

  await syncTool("verify");
  const expected = await expectedRows(server, blue);
  for (const table of SYNCED) {
    const sql = `SELECT * FROM ${table} ORDER BY 1, 2, 3`;
    const rows = await expected.query(sql);
    const same = isDeepStrictEqual(rows, await green.query(sql));
    check(same, `${table}: ${rows.length} rows on the target are those of the source, migrated`);
  }
  check(
    (await green.query("SELECT 1 FROM IDN_OAUTH2_ACCESS_TOKEN")).length > 0,
    "there are tokens to compare",
  );

  await syncTool("cleanup", "--yes");
  check(isDeepStrictEqual(await databaseObjects(blue), before), "the source has no object of sync-tool left");
  const left = (await databaseObjects(green)).filter((object) => !restored.includes(object));
  check(left.length === 0, "the target has no object of sync-tool left");
  await Promise.all([blue, green, expected].map((database) => database.drop()));
}

const folder = await mkdtemp(join(tmpdir(), "sync-tool-smoke-"));
const { server, close } = await openServer();
try {
  await smoke(server, folder);
} finally {
  await close();
  await rm(folder, { recursive: true, force: true });
}
