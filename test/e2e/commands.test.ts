import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCatalogue } from "../support/catalogue.ts";
import { runCli, startCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { waitUntilBlocked } from "../support/lock-waits.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const put = (name: string, value: string) =>
  `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${name}', 'k', '${value}')`;

/** What a run meets when it writes and not before; on SQL Server it would wait for a checkpoint that is locked at once. */
const HELD: Readonly<Partial<Record<TestDialectName, string>>> = {
  mssql: `SELECT COUNT(*) AS N FROM ${TABLE} WITH (TABLOCKX, HOLDLOCK)`,
};

describeDialects("The commands", (dialect) => {
  let pair: CliPair;
  let folder: string;
  let blue: TestDatabase;
  let green: TestDatabase;
  let pristine: string[][];
  const outputs: string[] = [];

  const catalogues = async () => [await readCatalogue(blue), await readCatalogue(green)];
  const syncTool = async (...args: readonly string[]) => {
    const result = await runCli(args, folder);
    outputs.push(result.stdout, result.stderr);
    return result;
  };
  const status = async () => JSON.parse((await syncTool("status", "--json")).stdout);

  beforeAll(async () => {
    pair = await openCliPair(dialect);
    ({ folder, blue, green } = pair);
    await blue.exec(createTables(dialect.name, "5.9.0"));
    await green.exec(createTables(dialect.name, "5.11.0"));
    pristine = await catalogues();
    await writeConfigFiles(folder, {
      source: blue,
      target: green,
      sourceVersion: "5.9.0",
      syncTables: [TABLE],
      properties: { syncInterval: "50" },
    });
  });
  afterAll(() => pair.close());

  test("run ends with 5 before prepare and says what to do", async () => {
    const { code, stderr } = await syncTool("run", "--once");
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /error: Capture on the source is not complete:\n {2}- IDN_IDENTITY_USER_DATA: no journal .*\[NOT_PREPARED\]\nnext: Run `sync-tool prepare`/is,
    );
  });

  test("prepare --dry-run prints the plan and writes nothing", async () => {
    const { code, stdout } = await syncTool("prepare", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toContain("Plan for schema identity, 5.9.0 to 5.11.0\n");
    expect(stdout).toContain("key: TENANT_ID, USER_NAME, DATA_KEY\n");
    expect(stdout).toContain(
      "transformation: 5.11.0 stored tokens and secrets readable by 5.11.0, the user portal's new name\n",
    );
    expect(await catalogues()).toEqual(pristine);
  });

  test("prepare installs capture, and again changes nothing", async () => {
    expect((await syncTool("prepare")).code).toBe(0);
    const installed = await catalogues();
    expect(installed).not.toEqual(pristine);
    expect((await syncTool("prepare")).code).toBe(0);
    expect(await catalogues()).toEqual(installed);
  });

  test("status tells pending changes and that it is not safe to switch", async () => {
    await blue.exec([put("ann", "private-value"), put("bob", "private-value")]);
    expect(await status()).toEqual({
      schemaVersion: 1,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      stale: false,
      direction: "forward",
      phase: "migrated",
      next: "sync-tool run",
      tables: [
        {
          schema: "identity",
          table: TABLE,
          group: TABLE,
          captured: true,
          checkpoint: "0",
          deadLetters: 0,
          deadLettersByCode: {},
          dropped: 0,
          gap: null,
          drift: [],
          pending: 2,
          pendingIsEstimate: false,
          writers: 0,
          lagSeconds: expect.any(Number),
          openHole: null,
          holders: [],
          waitsFor: [],
          runner: null,
          appliedPerSecond: null,
          throttle: null,
          copy: null,
          lastError: null,
          stopped: null,
          problems: [],
        },
      ],
      safeToSwitch: false,
      reasons: [`${TABLE}: 2 changes are pending`],
      verified: [{ schema: "identity", result: null, secondsAgo: null }],
    });
    const { stdout } = await syncTool("status");
    expect(stdout).toMatch(
      /^seen \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, from blue to green; phase: migrated\nrun by: nobody\n\nTABLE +PENDING +OLDEST +RATE +TO DRAIN +CHECKPOINT +STATE\n/,
    );
    expect(stdout).toContain("safe to switch: no\n");
    expect(stdout).toContain("\nnext: sync-tool run\n");
  });

  test("cleanup ends with 5 while changes are pending", async () => {
    const { code, stderr } = await syncTool("cleanup", "--yes");
    expect(code).toBe(5);
    expect(stderr).toContain(`  - ${TABLE}: 2 changes are pending [CHANGES_PENDING]\n`);
  });

  test("run --until-drained applies them and ends with 0", async () => {
    const { code, stderr } = await syncTool("run", "--until-drained");
    expect(code).toBe(0);
    expect(stderr).toContain(`"msg":"Fetched: 2 records for syncing for: ${TABLE}"`);
    expect(stderr).toContain(`"msg":"No data to sync for: ${TABLE}"`);
    expect(await green.query(`SELECT USER_NAME, DATA_VALUE FROM ${TABLE} ORDER BY 1`)).toEqual([
      { USER_NAME: "ann", DATA_VALUE: "private-value" },
      { USER_NAME: "bob", DATA_VALUE: "private-value" },
    ]);
    expect(await readFile(join(folder, "logs/sync.log"), "utf8")).toContain("Fetched: 2 records");
    expect(await status()).toMatchObject({
      safeToSwitch: true,
      reasons: [],
      tables: [{ pending: 0, lagSeconds: 0 }],
    });
  });

  test("drain --verified-within wants a comparison that is fresh and found nothing", async () => {
    const ask = async (within: string) => await syncTool("drain", "--verified-within", within);
    expect(await ask("1d")).toMatchObject({
      code: 5,
      stdout: expect.stringContaining("identity: no verify has come to its end"),
      stderr: expect.stringContaining("next: Run `sync-tool verify` and ask again"),
    });
    expect((await status()).verified).toEqual([{ schema: "identity", result: null, secondsAgo: null }]);
    expect((await syncTool("verify")).code).toBe(0);
    expect(await ask("1d")).toMatchObject({ code: 0, stdout: "drained: yes\n" });
    expect(await ask("0.001s")).toMatchObject({
      code: 5,
      stdout: expect.stringMatching(/identity: the last verify ended \d+ s ago, 0.001 s are allowed/),
    });
    await green.exec([`UPDATE ${TABLE} SET DATA_VALUE = 'other' WHERE USER_NAME = 'ann'`]);
    expect((await syncTool("verify")).code).toBe(6);
    expect(await ask("1d")).toMatchObject({
      code: 5,
      stdout: expect.stringContaining("identity: the last verify found: different"),
    });
    expect((await syncTool("status")).stdout).toMatch(/^verified: identity: different, \d+ s ago$/m);
    expect((await syncTool("verify", "--repair")).code).toBe(0);
    expect((await ask("1 day")).code).toBe(2);
  });

  test("run goes on until SIGTERM, finishes its batch and ends with 0", async () => {
    const runner = startCli(["run"], folder);
    await waitFor(() => runner.output().stderr.includes("No data to sync"), {
      what: "the run to be idle",
      timeoutMs: 60_000,
    });
    await blue.exec([put("eve", "private-value")]);
    await waitFor(async () => (await green.query(`SELECT 1 FROM ${TABLE}`)).length === 3, {
      what: "the third row",
    });
    runner.kill("SIGTERM");
    const { code, stderr } = await runner.ended;
    outputs.push(stderr);
    expect({ code, last: JSON.parse(stderr.trim().split("\n").at(-1) ?? "").msg }).toEqual({
      code: 0,
      last: "run ends",
    });
  });

  test("run ends with 143 at a second SIGTERM, in the middle of a batch, and loses nothing", async () => {
    const holder = await green.session();
    await holder.exec(["BEGIN", HELD[dialect.name] ?? `UPDATE ${TABLE}_SV SET DIGEST = DIGEST`]);
    await blue.exec([put("gus", "private-value")]);
    const runner = startCli(["run"], folder);
    await waitFor(() => runner.output().stderr.includes("run begins"), { what: "the run to begin" });
    await waitUntilBlocked(green);
    runner.kill("SIGTERM");
    await waitFor(() => runner.output().stderr.includes("a second signal stops at once"), {
      what: "the notice",
    });
    runner.kill("SIGTERM");
    expect(await runner.ended).toMatchObject({ code: 143 });
    await holder.exec(["ROLLBACK"]);
    await holder.close();
    const gus = `SELECT 1 AS X FROM ${TABLE} WHERE USER_NAME = 'gus'`;
    // The server may still carry out, whole, the statement that it was given before.
    expect((await syncTool("run", "--until-drained")).code).toBe(0);
    expect(await green.query(gus)).toHaveLength(1);
  });

  test("purge needs --yes, and leaves one row that marks how far it went", async () => {
    expect((await syncTool("purge")).code).toBe(2);
    expect((await syncTool("purge", "--yes")).code).toBe(0);
    expect(await blue.query(`SELECT ACTION, USER_NAME FROM ${TABLE}_S`)).toEqual([
      { ACTION: "PURGE", USER_NAME: null },
    ]);
    await blue.exec([put("fay", "private-value")]);
    expect((await syncTool("run", "--until-drained")).code).toBe(0);
    expect(await green.query(`SELECT 1 AS ONE FROM ${TABLE}`)).toHaveLength(5);
    expect((await syncTool("purge", "--yes")).code).toBe(0);
    expect(await blue.query(`SELECT ACTION FROM ${TABLE}_S`)).toEqual([{ ACTION: "PURGE" }]);
  });

  test("run ends with 5 when the table has changed since prepare; prepare mends it", async () => {
    await blue.exec([`ALTER TABLE ${TABLE} ADD EXTRA VARCHAR(10)`]);
    const { code, stderr } = await syncTool("run", "--once");
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /the journal lacks column extra.*\[CAPTURE_DRIFT\]\nnext: Run `sync-tool prepare`; it keeps the journals\n/is,
    );
    expect((await syncTool("prepare")).code).toBe(0);
    expect((await syncTool("run", "--once")).code).toBe(0);
    await blue.exec([`ALTER TABLE ${TABLE} DROP COLUMN EXTRA`]);
  });

  test("commands end with 5 when source and target are one database", async () => {
    const same = await mkdtemp(join(folder, "same-"));
    await writeConfigFiles(same, { source: blue, target: blue, sourceVersion: "5.9.0", syncTables: [TABLE] });
    const { code, stderr } = await runCli(["run"], same);
    expect(code).toBe(5);
    expect(stderr).toContain("error: Source and target are one and the same database [SAME_DATABASE]\n");
  });

  test("cleanup lists what it would remove, and with --yes leaves nothing behind, twice", async () => {
    const before = await catalogues();
    const { code, stdout } = await syncTool("cleanup");
    expect(code).toBe(2);
    expect(stdout.toUpperCase()).toContain("SOURCE JOURNAL IDN_IDENTITY_USER_DATA_S\n");
    expect(await catalogues()).toEqual(before);
    expect((await syncTool("cleanup", "--yes")).code).toBe(0);
    expect(await catalogues()).toEqual(pristine);
    expect((await syncTool("cleanup", "--yes")).code).toBe(0);
  });

  test("none of them showed a password or a row's value", async () => {
    const log = await readFile(join(folder, "logs/sync.log"), "utf8");
    const shown = [...outputs, log].join("\n");
    expect(shown.length).toBeGreaterThan(1000);
    expect(shown).not.toContain("only-for-tests");
    expect(shown).not.toContain("private-value");
  });
});
