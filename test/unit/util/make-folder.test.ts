import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder } from "../../../src/util/make-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sync-tool-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a folder is made with those above it, and again without harm", () => {
  const path = join(folder, "a b", "c", "d");
  makeFolder(path);
  makeFolder(path);
  expect(existsSync(path)).toBe(true);
});

test("a file in the way and a link to nowhere are errors", () => {
  writeFileSync(join(folder, "file"), "");
  symlinkSync(join(folder, "nowhere"), join(folder, "link"));
  expect(() => makeFolder(join(folder, "file"))).toThrow("ENOTDIR");
  expect(() => makeFolder(join(folder, "file", "below"))).toThrow("ENOTDIR");
  expect(() => makeFolder(join(folder, "link"))).toThrow("ENOENT");
});

test.runIf(existsSync("/proc/self"))("a place that takes no folders is an error, not an endless wait", () => {
  // In a process of its own: what never returns cannot be timed out from within.
  const source = join(import.meta.dirname, "../../../src/util/make-folder.ts");
  const script = `import { makeFolder } from ${JSON.stringify(source)}; makeFolder("/proc/sync-tool/logs");`;
  const { status, stderr, signal } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", script],
    { encoding: "utf8", timeout: 20_000, killSignal: "SIGKILL" },
  );
  expect({ status, signal }).toEqual({ status: 1, signal: null });
  expect(stderr).toContain("ENOENT");
});
