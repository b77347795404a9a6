import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { describeDialects } from "../support/dialects.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const ENTRY = join(import.meta.dirname, "../../bin/sync-tool.js");

describeDialects("A command whose output nobody reads any more", (dialect) => {
  let pair: CliPair;
  beforeAll(async () => {
    pair = await openMigrationPair(dialect, [TABLE]);
    expect((await runCli(["prepare"], pair.folder)).code).toBe(0);
  });
  afterAll(() => pair.close());

  /** Its exit code, when the reader of one of its outputs is gone before it writes. */
  const withoutReader = (output: "stdout" | "stderr", ...args: readonly string[]) =>
    new Promise<number | null>((resolve, reject) => {
      const child = spawn(process.execPath, [ENTRY, ...args], { cwd: pair.folder, stdio: "pipe" });
      child[output].destroy();
      child[output === "stdout" ? "stderr" : "stdout"].resume();
      child.once("error", reject).once("exit", resolve);
    });

  test("goes on when it runs", async () => {
    await pair.blue.exec([`INSERT INTO ${TABLE} (USER_NAME, DATA_KEY) VALUES ('ann', 'k')`]);
    expect(await withoutReader("stderr", "run", "--until-drained")).toBe(0);
    expect(await pair.green.query(`SELECT USER_NAME FROM ${TABLE}`)).toEqual([{ USER_NAME: "ann" }]);
  });

  test("answers by its exit code when it is asked", async () => {
    expect(await withoutReader("stdout", "drain")).toBe(0);
  });

  test("ends when all it does is to print", async () => {
    expect(await withoutReader("stdout", "status", "--watch")).toBe(0);
  });
});
