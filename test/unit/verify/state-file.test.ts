import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { VerifyState } from "../../../src/verify/progress-state.ts";
import { openStateFile } from "../../../src/verify/state-file.ts";

const state = (version: string): VerifyState => ({ madeFor: { sourceVersion: version }, passes: [] });

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sync-tool-test-"));
  path = join(folder, "state");
});
afterEach(() => rm(folder, { recursive: true }));

test("one file keeps the states of several schemas for the next process", async () => {
  const file = await openStateFile(path);
  expect(await file.store("identity").load()).toBe(undefined);
  await file.store("identity").save(state("5.7.0"));
  await file.store("um").save(state("5.9.0"));
  expect(await readdir(folder)).toEqual(["state"]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const next = await openStateFile(path);
  expect(await next.store("identity").load()).toEqual(state("5.7.0"));
  expect(await next.store("um").load()).toEqual(state("5.9.0"));
});

test.each([
  ["a configuration", "sourceVersion=5.7.0\n"],
  ["JSON of something else", '{"name": "sync-tool"}\n'],
  ["the state of an older release", '{"plan":"a","counts":[],"done":[]}\n'],
  ["a state without its mark", '{"version":1,"schemas":{}}\n'],
  ["a state without any schemas", '{"is":"sync-tool verify --state","version":1}\n'],
  ["a later version", '{"is":"sync-tool verify --state","version":2,"schemas":{}}\n'],
  ["null", "null\n"],
])("a file that holds %s is refused and stays as it is", async (_, text) => {
  await writeFile(path, text);
  await expect(openStateFile(path)).rejects.toMatchObject({
    code: "USAGE_INVALID",
    message: expect.stringContaining(path),
    next: expect.stringMatching(/another file/),
  });
  expect(await readFile(path, "utf8")).toBe(text);
});

test("a file with a schema that is no state is refused and stays as it is", async () => {
  const text = '{"is":"sync-tool verify --state","version":1,"schemas":{"identity":{"passes":7}}}';
  await writeFile(path, text);
  await expect(openStateFile(path)).rejects.toMatchObject({ code: "USAGE_INVALID" });
  expect(await readFile(path, "utf8")).toBe(text);
});

test.each(["", " \n"])("an empty file, as mktemp makes it, is taken, here %j", async (text) => {
  await writeFile(path, text);
  const file = await openStateFile(path);
  await file.store("identity").save(state("5.7.0"));
  expect(await (await openStateFile(path)).store("identity").load()).toEqual(state("5.7.0"));
});

test("a folder that is not there is told of", async () => {
  const file = await openStateFile(join(folder, "none", "state"));
  await expect(file.store("identity").save(state("5.7.0"))).rejects.toMatchObject({
    code: "USAGE_INVALID",
    message: expect.stringMatching(/ENOENT/),
  });
});

test("a path that cannot be read is told of, and is not taken for a file that is to be made", async () => {
  await expect(openStateFile(folder)).rejects.toMatchObject({
    code: "USAGE_INVALID",
    message: expect.stringMatching(/EISDIR/),
  });
});
