import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Row } from "../../src/row.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import type { TestServer } from "../support/servers/test-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { createTables } from "../support/wso2-tables.ts";
import { behind } from "./behind.ts";
import { wreakHavoc } from "./faults.ts";
import { createRandom } from "./random.ts";
import { runCommand, startRunner } from "./runner.ts";
import { insertApps, startWorkload } from "./workload.ts";

const TABLES = ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "IDN_IDENTITY_USER_DATA"];
const FAULTS = testEnv.chaosFaults();
/** Generous: what takes longer hangs. */
const TIMEOUT_MS = 180_000 + FAULTS * 6_000;

describeDialects("Under chaos", (dialect) => {
  // A server that comes by URL is somebody else's: it is not killed, everything else happens to it.
  const { startPrivate, name } = dialect;
  let pair: BlueGreen;
  let servers: readonly TestServer[] = [];
  let proxies: readonly TcpProxy[] = [];
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sync-tool-chaos-"));
    // Without a binary log InnoDB shows commits before they are on disk: a kill then takes back what was seen.
    servers =
      startPrivate === undefined
        ? await Promise.all([dialect.server(), dialect.server()])
        : await Promise.all([startPrivate({ binaryLog: true }), startPrivate()]);
    const on = (i: number): TestDialect => ({
      ...dialect,
      server: () => Promise.resolve(servers[i] as TestServer),
    });
    pair = await openBlueGreen({
      source: on(0),
      target: on(1),
      sourceVersion: "5.9.0",
      sourceSchema: createTables(name, "5.9.0"),
      targetSchema: createTables(name, "5.11.0"),
      tables: TABLES,
    });
    await pair.prepare();
    await pair.source.test.exec(insertApps);
    await pair.target.test.exec(insertApps);
    proxies = await Promise.all(servers.map(startTcpProxy));
  });
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await pair.source.db.close();
    await pair.target.db.close();
    if (startPrivate === undefined) await Promise.all([pair.source.test.drop(), pair.target.test.drop()]);
    else await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  test("nothing is lost, doubled or stale after everything has gone wrong many times", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const seed = testEnv.seed() ?? Math.floor(Math.random() * 2 ** 31);
    const [sourceServer, targetServer] = servers;
    const [sourceProxy, targetProxy] = proxies;
    if (!sourceServer || !targetServer || !sourceProxy || !targetProxy) throw new Error("not set up");
    const config = await writeConfigFiles(folder, {
      source: behind(pair.source.test, sourceProxy),
      target: behind(pair.target.test, targetProxy),
      sourceVersion: "5.9.0",
      syncTables: TABLES,
      properties: { batchSize: "20", syncInterval: "50", parallelism: "2" },
    });
    const args = ["--config", config, "--log-dir", join(folder, "logs")];
    const source = { server: sourceServer, test: pair.source.test, proxy: sourceProxy };
    const target = { server: targetServer, test: pair.target.test, proxy: targetProxy };
    const runner = startRunner(["run", ...args]);
    const workload = startWorkload(source.test, seed);
    try {
      const faults = await wreakHavoc(
        { source, target, runner, random: createRandom(seed), mayKillServers: startPrivate !== undefined },
        FAULTS,
      );
      await workload.stop();
      await runner.stop();
      const drained = await runCommand(["run", "--until-drained", ...args], 120_000);
      expect(drained, drained.output).toMatchObject({ code: 0 });
      expect([...faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(FAULTS);
      expect(workload.committed()).toBeGreaterThan(FAULTS);
      for (const table of TABLES) {
        const expected = (await pair.rows("source", table)).map((row) => transformed(table, row));
        expect(expected.length).toBeGreaterThan(0);
        expect(await pair.rows("target", table)).toEqual(sorted(expected));
      }
      const verified = await runCommand(["verify", ...args], 120_000);
      expect(verified, verified.output).toMatchObject({ code: 0 });
    } catch (error) {
      throw new Error(`chaos with SYNC_TEST_SEED=${seed}: ${(error as Error).message}`, { cause: error });
    } finally {
      await workload.stop();
      await runner.stop().catch(() => undefined);
    }
  });
});

/** What 5.11.0 makes of a row of the workload; its tokens are 5.9.0's. */
function transformed(table: string, row: Row): Row {
  return table === "IDN_OAUTH2_ACCESS_TOKEN" ? { ...row, TOKEN_BINDING_REF: "NONE" } : row;
}

function sorted(rows: readonly Row[]): readonly Row[] {
  const text = (row: Row): string => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...rows].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
