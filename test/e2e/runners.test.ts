import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliProcess, runCli, startCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const OTHER = "X_NOTE";
const put = (name: string) =>
  `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${name}', 'k', 'v')`;

const isIdle = (runner: CliProcess): Promise<unknown> =>
  waitFor(() => runner.output().stderr.includes("No data to sync"), {
    what: "the run to be idle",
    timeoutMs: 60_000,
    facts: () => runner.output().stderr,
  });

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
    runner = start("run");
    await isIdle(runner);
  });
  const started: CliProcess[] = [];
  const start = (...args: readonly string[]): CliProcess => {
    const one = startCli(args, pair.folder);
    started.push(one);
    return one;
  };
  afterAll(async () => {
    for (const one of started) {
      one.kill("SIGKILL");
      await one.ended.catch(() => undefined);
    }
    await pair.close();
  });

  const status = async () => JSON.parse((await runCli(["status", "--json"], pair.folder)).stdout).tables[0];

  test("status names it, and says when it last moved", async () => {
    const { runner: told, stopped } = await status();
    expect(told).toMatchObject({ pid: runner.pid, movedSecondsAgo: expect.any(Number) });
    expect(told.movedSecondsAgo).toBeLessThan(30);
    expect(stopped).toBeNull();
  });

  test("status tells that it has not moved, when it stands still and changes come in", async () => {
    runner.kill("SIGSTOP");
    await pair.blue.exec(put("eve"));
    const words = new RegExp(`its runner \\(process ${runner.pid} on .*\\) has not moved for \\d+ s`);
    await waitFor(
      async () => {
        // As if a minute had passed; a last word of the runner may still come in.
        await pair.green.exec(
          "UPDATE SYNC_STATE SET UPDATED_AT = UPDATED_AT - INTERVAL '60' SECOND WHERE NAME LIKE 'runner%'",
        );
        return words.test((await runCli(["status"], pair.folder)).stdout);
      },
      { what: "status to tell it", timeoutMs: 60_000 },
    );
    runner.kill("SIGCONT");
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
    const waiting = start("run", "--once", "--wait");
    await waitFor(() => waiting.output().stderr.includes("waiting as standby"), {
      what: "the wait",
      timeoutMs: 60_000,
    });
    runner.kill("SIGTERM");
    expect((await runner.ended).code).toBe(0);
    expect((await waiting.ended).code).toBe(0);
    expect((await status()).runner).toBeNull();
  });

  test("a group that has stopped for good does not stop the others, and status shows it meanwhile", async () => {
    for (const database of [pair.blue, pair.green])
      await database.exec(`CREATE TABLE ${OTHER} (ID INTEGER PRIMARY KEY)`);
    const both = ["-D", `syncTables=${TABLE},${OTHER}`];
    expect((await runCli(["prepare", ...both], pair.folder)).code).toBe(0);
    const run = start("run", ...both);
    await isIdle(run);
    await pair.green.exec(`ALTER TABLE ${TABLE} RENAME TO ELSEWHERE`);
    await pair.blue.exec(put("dan"));
    await waitFor(() => run.output().stderr.includes("the group has stopped"), {
      what: "the group to stop",
      timeoutMs: 60_000,
      facts: () => run.output().stderr,
    });
    await pair.green.exec(`ALTER TABLE ELSEWHERE RENAME TO ${TABLE}`);
    expect((await status()).stopped).toMatchObject({ code: "SCHEMA_CHANGED" });
    await pair.blue.exec(`INSERT INTO ${OTHER} VALUES (1)`);
    await waitFor(async () => (await pair.green.query(`SELECT * FROM ${OTHER}`)).length === 1, {
      what: "the other table's row",
      timeoutMs: 60_000,
    });
    run.kill("SIGTERM");
    expect((await run.ended).code).toBe(7);
  });

  test("a group that has stopped for good is shown as such until a runner works on it again", async () => {
    await pair.blue.exec(put("ann"));
    const run = start("run");
    await isIdle(run);
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

  // As long as the server lets a silent session live: for the nightly run.
  test.runIf(testEnv.long())(
    "one that stands still is taken over from when the server ends its session, and may wake up after that",
    async () => {
      const still = start("run");
      await isIdle(still);
      const standby = start("run");
      await waitFor(() => standby.output().stderr.includes("waiting as standby"), {
        what: "the standby",
        timeoutMs: 60_000,
      });
      still.kill("SIGSTOP");
      await pair.blue.exec(put("while it stood"));
      const arrived = (name: string) => async () =>
        (await pair.green.query(`SELECT * FROM ${TABLE} WHERE USER_NAME = '${name}'`)).length === 1;
      await waitFor(arrived("while it stood"), { what: "the standby's work", timeoutMs: 150_000 });
      still.kill("SIGCONT");
      await pair.blue.exec(put("after it woke up"));
      await waitFor(arrived("after it woke up"), { what: "the next change", timeoutMs: 60_000 });
      for (const one of [still, standby]) {
        one.kill("SIGTERM");
        expect((await one.ended).code).toBe(0);
      }
    },
    400_000,
  );
});
