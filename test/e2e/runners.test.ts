import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliProcess, runCli, startCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const put = (name: string) =>
  `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${name}', 'k', 'v')`;

describeDialects("What is told of a runner", (dialect) => {
  let pair: CliPair;
  let runner: CliProcess;

  beforeAll(async () => {
    pair = await openCliPair(dialect);
    const { folder, blue, green } = pair;
    await blue.exec(createTables(dialect.name, "5.11.0"));
    await green.exec(createTables(dialect.name, "5.11.0"));
    await writeConfigFiles(folder, {
      source: blue,
      target: green,
      sourceVersion: "5.11.0",
      syncTables: [TABLE],
      properties: { syncInterval: "50" },
    });
    expect((await runCli(["prepare"], folder)).code).toBe(0);
    runner = startCli(["run"], folder);
    await waitFor(() => runner.output().stderr.includes("No data to sync"), {
      what: "the run to be idle",
      timeoutMs: 60_000,
    });
  });
  afterAll(() => pair.close());

  const status = async () => JSON.parse((await runCli(["status", "--json"], pair.folder)).stdout).tables[0];

  test("status names it, and says when it last moved", async () => {
    const { runner: told, stopped } = await status();
    expect(told).toMatchObject({ pid: runner.pid, movedSecondsAgo: expect.any(Number) });
    expect(told.movedSecondsAgo).toBeLessThan(30);
    expect(stopped).toBeNull();
  });

  test.each(["--once", "--until-drained"])(
    "run %s beside it ends at once, in its own words",
    async (flag) => {
      const { code, stderr } = await runCli(["run", flag], pair.folder);
      expect(code).toBe(5);
      expect(stderr).toContain(`error: Another runner is at work on ${TABLE} [RUNNER_ACTIVE]\n`);
      expect(stderr).not.toContain("the group has stopped");
    },
  );

  test("run --once --wait waits until it has ended, and then does its work", async () => {
    const waiting = startCli(["run", "--once", "--wait"], pair.folder);
    await waitFor(() => waiting.output().stderr.includes("waiting as standby"), {
      what: "the wait",
      timeoutMs: 60_000,
    });
    runner.kill("SIGTERM");
    expect((await runner.ended).code).toBe(0);
    expect((await waiting.ended).code).toBe(0);
    expect((await status()).runner).toBeNull();
  });

  test("a group that has stopped for good is shown as such until a runner works on it again", async () => {
    await pair.blue.exec(put("ann"));
    const run = startCli(["run"], pair.folder);
    await waitFor(() => run.output().stderr.includes("No data to sync"), {
      what: "the run to be idle",
      timeoutMs: 60_000,
    });
    await pair.green.exec(`ALTER TABLE ${TABLE} RENAME TO ELSEWHERE`);
    await pair.blue.exec(put("bob"));
    // No group works any more, so the process ends for its supervisor to see.
    expect((await run.ended).code).toBe(7);
    await pair.green.exec(`ALTER TABLE ELSEWHERE RENAME TO ${TABLE}`);
    const { stopped } = await status();
    expect(stopped).toMatchObject({ code: "SCHEMA_CHANGED", since: expect.stringMatching(/^2\d{3}-/) });
    const { stdout } = await runCli(["status"], pair.folder);
    expect(stdout).toMatch(/its run stopped for good at .*\[SCHEMA_CHANGED\]/);
    expect((await runCli(["run", "--until-drained"], pair.folder)).code).toBe(0);
    expect((await status()).stopped).toBeNull();
  });
});
