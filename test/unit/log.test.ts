import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLog } from "../../src/log.ts";

let folder: string;
let written: string;
const write = (text: string): void => {
  written += text;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sync-tool-log-"));
  written = "";
});
afterEach(() => rm(folder, { recursive: true }));

test("every line goes to stderr and to sync.log as JSON", async () => {
  const { log, close } = openLog({ dir: join(folder, "logs"), debug: false, isTerminal: false, write });
  log.info({ table: "T", changes: 3 }, "batch applied");
  log.debug("unseen");
  await close();
  const file = await readFile(join(folder, "logs/sync.log"), "utf8");
  expect(file).toBe(written);
  const { time, ...rest } = JSON.parse(file);
  expect(rest).toEqual({ level: "info", table: "T", changes: 3, msg: "batch applied" });
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("on a terminal stderr gets lines for people, and with debug the finer ones", async () => {
  const { log, close } = openLog({ dir: folder, debug: true, isTerminal: true, write });
  log.debug({ table: "T" }, "looking");
  await close();
  expect(written).toMatch(/^\d\d:\d\d:\d\d debug looking table=T\n$/);
  expect(JSON.parse(await readFile(join(folder, "sync.log"), "utf8"))).toMatchObject({ level: "debug" });
});

test("a folder that cannot be made is a warning, and stderr gets the lines", async () => {
  const dir = join(folder, "taken");
  await writeFile(dir, "");
  const { log, close } = openLog({ dir, debug: false, isTerminal: true, write });
  log.info("going on");
  await close();
  const [warning, line] = written.split("\n");
  expect(warning).toBe(`warning: ${dir}/sync.log cannot be written (ENOTDIR); the log goes to stderr only`);
  expect(line).toMatch(/ info {2}going on$/);
});
