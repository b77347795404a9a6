import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCatalogue } from "../support/catalogue.ts";
import { runCli, startCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase, TestSession } from "../support/servers/test-server.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLES = ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_IDENTITY_USER_DATA"] as const;
const [TOKENS, DATA] = TABLES;
const put = (name: string) =>
  `INSERT INTO ${DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${name}', 'k', 'v')`;

describeDialects("Cleanup", (dialect) => {
  let pair: CliPair;
  let pristine: string[];
  let user: TestSession;

  beforeEach(async () => {
    pair = await openCliPair(dialect);
    const { folder, blue, green } = pair;
    await blue.exec(createTables(dialect.name, "5.11.0"));
    await green.exec(createTables(dialect.name, "5.11.0"));
    pristine = await readCatalogue(blue);
    await configure(green);
    expect((await runCli(["prepare"], folder)).code).toBe(0);
    user = await blue.session();
  });
  afterEach(() => pair.close());

  const configure = (target: TestDatabase) =>
    writeConfigFiles(pair.folder, {
      source: pair.blue,
      target,
      sourceVersion: "5.11.0",
      syncTables: TABLES,
      properties: { syncInterval: "50" },
    });
  const syncTool = (...args: readonly string[]) => runCli(args, pair.folder);
  const onGreen = async () =>
    (await pair.green.query(`SELECT USER_NAME FROM ${DATA} ORDER BY 1`)).map((row) => row["USER_NAME"]);

  test("refuses while a transaction on the source is open, and leaves everything in place", async () => {
    const prepared = await readCatalogue(pair.blue);
    await user.exec(["BEGIN", put("open")]);
    const { code, stderr } = await syncTool("cleanup", "--yes");
    expect(code).toBe(5);
    expect(stderr).toMatch(/IDN_IDENTITY_USER_DATA: .* not ended.*\[CHANGES_PENDING\]/);
    await user.exec("COMMIT");
    expect(await readCatalogue(pair.blue)).toEqual(prepared);
    expect((await syncTool("run", "--until-drained")).code).toBe(0);
    expect(await onGreen()).toEqual(["open"]);
    expect((await syncTool("cleanup", "--yes")).code).toBe(0);
    expect(await readCatalogue(pair.blue)).toEqual(pristine);
  });

  test("looks again under its locks: what is written while it waits for them is not lost", async () => {
    const prepared = await readCatalogue(pair.blue);
    // A reader, whose lock stands in the way of every DDL on its table.
    await user.exec(["BEGIN", `SELECT COUNT(*) FROM ${TOKENS}`]);
    const cleaning = startCli(["cleanup", "--yes"], pair.folder);
    await waitFor(() => cleaning.output().stderr.includes("trying again"), {
      what: "cleanup to be waiting",
      timeoutMs: 60_000,
    });
    await pair.blue.exec(put("another"));
    await user.exec([put("reader"), "COMMIT"]);
    const { code, stderr } = await cleaning.ended;
    expect(code).toBe(5);
    expect(stderr).toMatch(/IDN_IDENTITY_USER_DATA: 2 changes \[CHANGES_PENDING\]/);
    expect(await readCatalogue(pair.blue)).toEqual(prepared);
    expect((await syncTool("run", "--until-drained")).code).toBe(0);
    expect(await onGreen()).toEqual(["another", "reader"]);
    expect((await syncTool("cleanup", "--yes")).code).toBe(0);
    expect(await readCatalogue(pair.blue)).toEqual(pristine);
  });

  test("is refused beside a runner, and prepare beside cleanup", async () => {
    const runner = startCli(["run"], pair.folder);
    await waitFor(() => runner.output().stderr.includes("No data to sync"), {
      what: "the run to be idle",
      timeoutMs: 60_000,
    });
    const { code, stderr } = await syncTool("cleanup", "--yes");
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /A runner is at work on IDN_\w+ \[RUNNER_ACTIVE\]\nnext: Stop every `sync-tool run`/,
    );
    expect((await syncTool("cleanup", "--yes", "--discard-pending")).code).toBe(5);
    runner.kill("SIGTERM");
    expect((await runner.ended).code).toBe(0);

    await user.exec(["BEGIN", `SELECT COUNT(*) FROM ${TOKENS}`]);
    const cleaning = startCli(["cleanup", "--yes"], pair.folder);
    await waitFor(() => cleaning.output().stderr.includes("trying again"), {
      what: "cleanup to be waiting",
      timeoutMs: 60_000,
    });
    for (const other of ["prepare", "cleanup"]) {
      const second = await syncTool(other, ...(other === "cleanup" ? ["--yes"] : []));
      expect(second.code).toBe(5);
      expect(second.stderr).toContain(
        "Another `prepare` or `cleanup` is at work on this source [SOURCE_BUSY]",
      );
    }
    await user.exec("COMMIT");
    expect((await cleaning.ended).code).toBe(0);
    expect(await readCatalogue(pair.blue)).toEqual(pristine);
  });

  test("frees the source when the target is gone for good, by itself or by a script", async () => {
    await pair.blue.exec(put("lost"));
    const nowhere = pair.green.jdbcUrl.replace(/:\d+/, ":1");
    await configure({ ...pair.green, jdbcUrl: nowhere });
    expect((await syncTool("cleanup", "--yes")).code).toBe(4);
    expect((await syncTool("prepare", "--generate-ddl")).code).toBe(4);
    const scripts = await syncTool("prepare", "--generate-ddl", "--source-only", "--out", "scripts");
    expect(scripts.code).toBe(0);
    expect((await readdir(join(pair.folder, "scripts"))).sort()).toEqual([
      "identity_source.sql",
      "identity_source_grants.sql",
      "identity_source_remove.sql",
    ]);
    const listed = await syncTool("cleanup", "--source-only");
    expect(listed.code).toBe(2);
    expect(listed.stderr).toContain("changes that are not applied are lost");
    expect((await syncTool("cleanup", "--source-only", "--yes")).code).toBe(0);
    expect(await readCatalogue(pair.blue)).toEqual(pristine);
    await rm(join(pair.folder, "scripts"), { recursive: true });
  });
});
