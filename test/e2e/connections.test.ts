import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CliProcess, runCli, startCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { countConnections } from "../support/count-connections.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitFor } from "../support/wait-for.ts";

const TABLES = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
] as const;

describeDialects("maxActive", (dialect) => {
  let pair: CliPair;
  let running: CliProcess | undefined;
  beforeEach(async () => {
    pair = await openMigrationPair(dialect, ["IDN_OAUTH_CONSUMER_APPS", "IDP", ...TABLES]);
  });
  afterEach(async () => {
    running?.kill("SIGKILL");
    await running?.ended.catch(() => undefined);
    await pair.close();
  });

  const configure = (maxActive: number): Promise<string> =>
    writeConfigFiles(pair.folder, {
      source: pair.blue,
      target: pair.green,
      sourceVersion: "5.7.0",
      syncTables: TABLES,
      properties: { syncInterval: "50" },
      maxActive,
    });

  test("is the most that a run opens, from its start on, and too few are refused with the number", async () => {
    await configure(2);
    const refused = await runCli(["run"], pair.folder);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain("maxActive: found 2, wanted at least 3 connections");

    await configure(3);
    expect(await runCli(["prepare"], pair.folder)).toMatchObject({ code: 0 });
    const plan = await runCli(["run", "--dry-run"], pair.folder);
    expect(plan.stdout.split("\n").filter((line) => line.includes("connections: "))).toEqual([
      "    connections: at most 3 (maxActive), at least 3 are needed, up to 7 are of use",
      "    connections: at most 3 (maxActive), at least 3 are needed, up to 7 are of use",
    ]);
    const doctor = await runCli(["doctor", "--markdown", "checks.md"], pair.folder);
    expect(doctor.stdout).toMatch(
      /target\.pool: +\S+@\S+ +connections at most \(maxActive\): 3; at least 3; up to 7 are of use with 3 groups of tables and parallelism=1/,
    );

    const document = await readFile(join(pair.folder, "checks.md"), "utf8");
    expect(document).toMatch(/^# sync-tool doctor\n\n20\S+Z: \d+ ok, /);
    expect(document).toContain("| identity target.pool | target: ");

    // Two of three connections are for look-ups and locks, whatever would pay over the network.
    const auto = await runCli(["run", "--once", "-D", "parallelism=auto"], pair.folder);
    expect(auto).toMatchObject({ code: 0 });
    expect(auto.stderr).toMatch(/"parallelism":1,"roundTripMs":[\d.]+,"msg":"parallelism=auto: /);

    const run = startCli(["run"], pair.folder);
    running = run;
    const most = { blue: 0, green: 0 };
    const idle = (): boolean =>
      TABLES.every((table) => run.output().stderr.includes(`No data to sync for: ${table}`));
    await waitFor(
      async () => {
        most.blue = Math.max(most.blue, await countConnections(pair.blue));
        most.green = Math.max(most.green, await countConnections(pair.green));
        return idle();
      },
      { what: "the run to be idle", timeoutMs: 60_000, facts: () => run.output().stderr },
    );
    expect(most.blue).toBeLessThanOrEqual(3);
    expect(most.green).toBeLessThanOrEqual(3);
    expect(most.green).toBeGreaterThan(0);
    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ code: 0 });
  });
});
