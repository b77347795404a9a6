import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const ENTRY = join(import.meta.dirname, "../../bin/sync-tool.js");

/** Prints at the end which packages were loaded. */
const HOOK = `
const { writeSync } = require("node:fs");
process.on("exit", () => {
  const files = Object.keys(require("node:module")._cache);
  const names = files.map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
  writeSync(2, "\\nloaded:" + [...new Set(names)].filter(Boolean).join(" ") + "\\n");
});
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sync-tool-e2e-"));
  await writeFile(join(folder, "hook.cjs"), HOOK);
});
afterEach(() => rm(folder, { recursive: true }));

/** The drivers, and the package that all of them are used through, which a command has loaded when it ends. */
async function drivers(...args: readonly string[]): Promise<readonly string[]> {
  const stderr = await new Promise<string>((resolve) => {
    const command = ["--require", join(folder, "hook.cjs"), ENTRY, ...args];
    execFile(process.execPath, command, { cwd: folder }, (_error, _stdout, text) => resolve(text));
  });
  const loaded = /^loaded:(.*)$/m.exec(stderr)?.[1]?.split(" ") ?? ["no answer"];
  return loaded
    .filter((name) => ["no answer", "knex", "pg", "mysql2", "tedious", "oracledb"].includes(name))
    .sort();
}

describe("The built command", () => {
  test("loads no driver to print its help or version, or that an option is wrong", async () => {
    expect(await drivers("--help")).toEqual([]);
    expect(await drivers("run", "--help")).toEqual([]);
    expect(await drivers("--version")).toEqual([]);
    expect(await drivers("run", "--no-such-option")).toEqual([]);
  });

  test("loads the driver of the databases that it is to connect to, and no other", async () => {
    const datasource = (id: string): string =>
      `[[datasource]]\nid = "${id}"\nurl = "jdbc:postgresql://127.0.0.1:1/${id}"\nusername = "wso2"\npassword = "x"\n`;
    await writeFile(join(folder, "deployment.toml"), datasource("blue") + datasource("green"));
    await writeFile(
      join(folder, "sync.properties"),
      "sourceVersion=5.9.0\ntargetVersion=5.11.0\nsyncTables=IDN_IDENTITY_USER_DATA\nidentitySchema=jdbc/blue,jdbc/green\n",
    );
    expect(await drivers("status")).toEqual(["knex", "pg"]);
  });
});
