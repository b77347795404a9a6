import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const exec = promisify(execFile);

let folder: string;
let empty: string;
let tarball: string;
let files: readonly string[];

/** npm and what it starts, in the empty folder, with a cache of its own: nothing of this clone can be found from there. */
async function inEmptyFolder(
  ...args: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env["PATH"], HOME: folder, npm_config_cache: join(folder, "cache") };
  try {
    return { code: 0, ...(await exec("npm", args, { cwd: empty, env })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sync-tool-npm-"));
  empty = join(folder, "empty");
  await mkdir(empty);
  // The scripts before it are the checks and the build that this run has done already.
  const pack = await exec("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: ROOT,
  });
  const [packed] = JSON.parse(pack.stdout) as [{ filename: string; files: readonly { path: string }[] }];
  tarball = join(folder, packed.filename);
  files = packed.files.map(({ path }) => path);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the package holds what runs, the samples and the reference scripts, and nothing of the development", () => {
  for (const wanted of [
    ...["README.md", "package.json", "bin/sync-tool.js", "dist/cli/main.js"],
    ...["dist/transform/crypto/crypto-worker.js", "config/README.md", "config/sync.properties.example"],
    ...["config/deployment.toml.example", "ddl/postgres/identity_source.sql"],
  ])
    expect(files).toContain(wanted);
  const folders = new Set(files.map((file) => file.split("/")[0]));
  expect([...folders].sort()).toEqual(["README.md", "bin", "config", "ddl", "dist", "package.json"]);
  expect(files.filter((file) => /\.(ts|map|tsbuildinfo|test\.js)$|single-file|\.env/.test(file))).toEqual([]);
});

test("it installs and runs by `npm exec` from the tarball in an empty folder", async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
  const commands = [
    "sync-tool --version",
    "sync-tool endpoints --format nginx --upstream is1:9443",
    "sync-tool doctor",
  ].join("; ");
  const { code, stdout, stderr } = await inEmptyFolder(
    "exec",
    "--yes",
    `--package=${tarball}`,
    "-c",
    commands,
  );
  expect(stdout).toMatch(new RegExp(`^${version}\n`));
  expect(stdout).toContain("server is1:9443;");
  expect(stderr).toContain("sync.properties: no such file");
  expect(code).toBe(3);
}, 300_000);
