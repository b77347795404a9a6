import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
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

test("files that are too old or too many are deleted, the one that is written to and others' are not", async () => {
  const day = 86_400;
  const make = async (name: string, ageDays: number, bytes = 10): Promise<void> => {
    await writeFile(join(folder, name), "x".repeat(bytes));
    const at = Date.now() / 1_000 - ageDays * day;
    await utimes(join(folder, name), at, at);
  };
  await make("sync.log", 40);
  await make("sync.log.1", 1, 700_000);
  await make("sync.log.2", 2, 300_000);
  await make("sync.log.3", 3, 100_000);
  await make("sync.log.10", 31);
  await make("sync.log.keep", 40);
  await make("other.log.1", 40);
  const open = { dir: folder, debug: false, isTerminal: false, write };
  await openLog({ ...open, keepDays: 30, maxMegabytes: 100 }).close();
  const left = async () => (await readdir(folder)).sort();
  expect(await left()).toEqual(
    ["other.log.1", "sync.log", "sync.log.1", "sync.log.2", "sync.log.3", "sync.log.keep"].sort(),
  );
  // A tenth of it is for the file that is being written.
  await openLog({ ...open, keepDays: 2, maxMegabytes: 1 }).close();
  expect(await left()).toEqual(["other.log.1", "sync.log", "sync.log.1", "sync.log.keep"]);
});

test("a file that is full is moved away, and the sizes that are allowed hold while it is written", async () => {
  const { log, close } = openLog({ dir: folder, debug: false, isTerminal: false, write, maxMegabytes: 1 });
  const line = "x".repeat(10_000);
  for (let i = 0; i < 400; i++) {
    log.info({ reason: line }, "long");
    // The stream moves files between two turns.
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await close();
  const names = await readdir(folder);
  expect(names).toContain("sync.log.1");
  const sizes = await Promise.all(names.map(async (name) => (await readFile(join(folder, name))).length));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2 * 1_048_576);
});
