import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithProgram } from "../support/programs.ts";

const UNIT = join(import.meta.dirname, "../../config/systemd/sync-tool.service");
const exec = promisify(execFile);

describeWithProgram("The systemd unit", "systemd-analyze", () => {
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sync-tool-unit-"));
    file = join(folder, "sync-tool.service");
    // A command and a page that are there on this machine too.
    const text = (await readFile(UNIT, "utf8"))
      .replace("ExecStart=/usr/local/bin/sync-tool", `ExecStart=${process.execPath}`)
      .replace(/^Documentation=.*$/m, "");
    await writeFile(file, text);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("is one that systemd understands", async () => {
    const { stdout, stderr } = await exec("systemd-analyze", ["verify", "--man=no", file]);
    expect(`${stdout}${stderr}`.split("\n").filter((line) => line.includes("sync-tool"))).toEqual([]);
  });

  test("is hardened: little is left exposed", async () => {
    const args = ["security", "--offline=true", "--no-pager", "--threshold=20", file];
    const { stdout } = await exec("systemd-analyze", args);
    expect(stdout).toMatch(/Overall exposure level for sync-tool.service: [01]\.\d OK/);
  });
});
