/**
 * Makes dist/single-file/sync-tool: sync-tool and Node in one executable file, for hosts that have no Node ("Single executable
 * applications" in Node's documentation). It is for the kind of system that it is made on: linux-x64.
 * Usage: npm run package
 */

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, ROOT } from "./bundle.ts";

const folder = join(ROOT, "dist/single-file");
const file = join(folder, "sync-tool");
const work = mkdtempSync(join(tmpdir(), "sync-tool-single-file-"));
try {
  const [code, blob, settings] = ["sync-tool.cjs", "sync-tool.blob", "sea.json"].map((name) =>
    join(work, name),
  ) as [string, string, string];
  writeFileSync(code, await bundle());
  const sea = { main: code, output: blob, disableExperimentalSEAWarning: true, useCodeCache: true };
  writeFileSync(settings, JSON.stringify(sea));
  runNode("--experimental-sea-config", settings);
  const part = join(work, "sync-tool");
  copyFileSync(process.execPath, part);
  chmodSync(part, 0o755);
  // The mark is part of Node's binary and says where to look for the code.
  const mark = ["--sentinel-fuse", "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"];
  runNode(join(ROOT, "node_modules/postject/dist/cli.js"), part, "NODE_SEA_BLOB", blob, ...mark);
  mkdirSync(folder, { recursive: true });
  copyFileSync(part, `${file}.part`);
  // Only a whole file ever has the final name.
  renameSync(`${file}.part`, file);
} finally {
  rmSync(work, { recursive: true });
}
process.stdout.write(`${file}\n`);

function runNode(...args: readonly string[]): void {
  execFileSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
}
