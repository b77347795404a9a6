/**
 * Makes dist/single-file/sync-tool: sync-tool and Node in one executable file, for hosts that have no Node ("Single executable
 * applications" in Node's documentation). It is for the kind of system that it is made on: linux-x64.
 * Usage: npm run package
 */

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, ROOT } from "./bundle.ts";

const folder = join(ROOT, "dist/single-file");
const file = join(folder, "sync-tool");
const code = join(folder, "sync-tool.cjs");
const blob = join(folder, "sync-tool.blob");
const settings = join(folder, "sea.json");

mkdirSync(folder, { recursive: true });
writeFileSync(code, await bundle());
const sea = { main: code, output: blob, disableExperimentalSEAWarning: true, useCodeCache: true };
writeFileSync(settings, JSON.stringify(sea));
execFileSync(process.execPath, ["--experimental-sea-config", settings], {
  stdio: ["ignore", "ignore", "inherit"],
});
copyFileSync(process.execPath, file);
chmodSync(file, 0o755);
// The mark is part of Node's binary and says where to look for the code.
const postject = join(ROOT, "node_modules/postject/dist/cli.js");
const mark = ["--sentinel-fuse", "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"];
execFileSync(process.execPath, [postject, file, "NODE_SEA_BLOB", blob, ...mark], {
  stdio: ["ignore", "ignore", "inherit"],
});
for (const left of [code, blob, settings]) rmSync(left);
process.stdout.write(`${file}\n`);
