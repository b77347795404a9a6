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

/** A program of npm in the empty folder; packages that this machine has downloaded before are not downloaded again. */
async function inEmptyFolder(
  program: "npm" | "npx",

  ...args: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], npm_config_prefer_offline: "true" };
  try {
    return { code: 0, ...(await exec(program, args, { cwd: empty, env })) };
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
    ...["README.md", "package.json", "bin/sync-tool.js", "dist/cli/main.js", "dist/sync-tool.1"],
    ...[
      "dist/transform/crypto/crypto-worker.js",
      "config/README.md",
      "ddl/README.md",
      "config/sync.properties.example",
    ],
    ...["config/deployment.toml.example", "ddl/postgres/identity_source.sql"],
  ])
    expect(files).toContain(wanted);
  const folders = new Set(files.map((file) => file.split("/")[0]));
  expect([...folders].sort()).toEqual(["README.md", "bin", "config", "ddl", "dist", "package.json"]);
  expect(files.filter((file) => /\.(ts|map|tsbuildinfo|test\.js)$|single-file|\.env/.test(file))).toEqual([]);
});

test("it installs from the tarball in an empty folder and runs by npx there", async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
  const installed = await inEmptyFolder("npm", "install", "--no-audit", "--no-fund", tarball);
  expect(installed).toMatchObject({ code: 0 });
  expect(await inEmptyFolder("npx", "sync-tool", "--version")).toMatchObject({
    code: 0,
    stdout: `${version}\n`,
  });
  const endpoints = ["endpoints", "--format", "nginx", "--upstream", "is1:9443"];
  expect((await inEmptyFolder("npx", "sync-tool", ...endpoints)).stdout).toContain("server is1:9443;");
  const doctor = await inEmptyFolder("npx", "sync-tool", "doctor");
  expect(doctor.code).toBe(3);
  expect(doctor.stderr).toContain("sync.properties: no such file");
}, 300_000);
