import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { type CliResult, runCli } from "../support/cli.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";

const TABLE = "CREATE TABLE D (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(40))";
const WIDEN: Readonly<Partial<Record<TestDialectName, string>>> = {
  postgres: "ALTER TABLE D ALTER COLUMN N TYPE VARCHAR(40)",
  mssql: "ALTER TABLE D ALTER COLUMN N VARCHAR(40)",
};
const NARROW = "CREATE TABLE D (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(5))";

describeDialects("sync-tool dead-letters", (dialect) => {
  let pair: BlueGreen;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sync-tool-e2e-"));
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [TABLE],
      targetSchema: [NARROW],
      tables: ["D"],
    });
    await pair.prepare();
    await writeConfigFiles(folder, {
      source: pair.source.test,
      target: pair.target.test,
      sourceVersion: "5.11.0",
      syncTables: ["D"],
      properties: { syncInterval: "50" },
    });
    await pair.source.test.exec(
      "INSERT INTO D VALUES ('a', 'SECRET is far too long'), ('b', 'fits'), ('c', 'SECRET too, much longer')",
    );
  });
  afterAll(async () => {
    await pair.close();
    await rm(folder, { recursive: true, force: true });
  });

  const cli = (...args: readonly string[]): Promise<CliResult> => runCli(args, folder);
  interface Listed {
    readonly id: string;
    readonly key: string;
  }
  const listed = async (...args: readonly string[]): Promise<readonly Listed[]> => {
    const { stdout } = await cli("dead-letters", "list", "--json", ...args);
    return (JSON.parse(stdout) as { deadLetters: readonly Listed[] }).deadLetters;
  };

  test("lists what the target refused, without values, and run ends with exit 8", async () => {
    const run = await cli("run", "--until-drained");
    expect(run.code).toBe(8);
    expect(run.stderr).toContain("DEAD_LETTERS_LEFT");
    expect(run.stderr).toContain("all is applied but dead letters");
    expect(run.stderr).not.toContain("the group has stopped");
    const { code, stdout } = await cli("dead-letters", "list");
    expect(code).toBe(0);
    expect(stdout).toContain("a text is longer than its column");
    expect(`${stdout}${run.stderr}`).not.toContain("SECRET");
    expect((await listed()).map(({ key }) => key)).toEqual(['["a"]', '["c"]']);
    expect(await listed("--table", "d")).toHaveLength(2);
    const other = await cli("dead-letters", "list", "--table", "other");
    expect([other.code, other.stdout]).toEqual([2, ""]);
    expect(other.stderr).toContain(
      '--table is "ot...", which is not in syncTables [USAGE_INVALID]\nnext: Name one of D\n',
    );
  });

  test("cleanup sends to them when nothing else is left", async () => {
    const { code, stderr } = await cli("cleanup", "--yes");
    expect(code).toBe(5);
    expect(stderr).toContain(
      "[CHANGES_PENDING]\nnext: See `sync-tool dead-letters list`, mend and retry them or discard them; --discard-pending",
    );
  });

  test("discards nothing without --yes, and only what it was told to with it", async () => {
    const [, c] = await listed();
    const unsure = await cli("dead-letters", "discard", "--id", c?.id ?? "");
    expect([unsure.code, unsure.stdout.includes('["c"]')]).toEqual([2, true]);
    const asked = await cli("dead-letters", "discard", "--json", "--id", c?.id ?? "");
    expect([asked.code, JSON.parse(asked.stdout)]).toMatchObject([
      2,
      { discarded: 0, deadLetters: [{ key: '["c"]' }] },
    ]);
    const wrong = await cli("dead-letters", "discard", "--yes", "--id", "ffff-none");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('There is no dead letter with the id "ff..."');
    const sure = await cli("dead-letters", "discard", "--yes", "--id", c?.id ?? "");
    expect([sure.code, sure.stdout]).toEqual([0, "dead letters discarded: 1\n"]);
    expect((await listed()).map(({ key }) => key)).toEqual(['["a"]']);
  });

  test("says that a run will try them, for without one nobody does", async () => {
    const { code, stdout } = await cli("dead-letters", "retry");
    expect([code, stdout]).toEqual([
      0,
      "dead letters that a run will try again, at its next poll or when it starts: 1\n",
    ]);
    expect(await listed()).toHaveLength(1);
  });

  test("has the mended change tried again by the next run", async () => {
    await pair.target.test.exec(WIDEN[dialect.name] ?? "ALTER TABLE D MODIFY N VARCHAR(40)");
    const retry = await cli("dead-letters", "retry", "--json");
    expect([retry.code, JSON.parse(retry.stdout)]).toMatchObject([0, { retried: 1 }]);
    // The text list says so until a run has done it.
    expect((await cli("dead-letters", "list")).stdout).toContain("retry asked for");
    expect((await cli("run", "--once")).code).toBe(0);
    expect(await listed()).toEqual([]);
    expect((await pair.rows("target", "D")).map((row) => row["ID"])).toEqual(["a", "b"]);
  });

  test("discards nothing without --yes, also when there is nothing", async () => {
    const { code, stderr } = await cli("dead-letters", "discard");
    expect(code).toBe(2);
    expect(stderr).toContain("without --yes; there are no dead letters [USAGE_INVALID]");
  });
});
