import { readdir, readFile, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { WaitingPage } from "../../../src/verify/waiting-list.ts";
import { createWaitingList } from "../../../src/verify/waiting-list.ts";
import { openFilesOf } from "../../support/open-files.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const page = (n: number, keys: number, bound = BigInt(n)): WaitingPage => ({
  start: n === 0 ? undefined : [`page ${n}`],
  from: BigInt(n),
  bound,
  differences: Array.from({ length: keys }, (_, i) => ({
    kind: "missing",
    side: "source",
    key: [`key ${n}.${i}`, null, Buffer.from([i])],
    columns: [],
  })),
});

async function drained(list: ReturnType<typeof createWaitingList>): Promise<readonly WaitingPage[]> {
  const pages: WaitingPage[] = [];
  for await (const part of list.drain()) pages.push(...part);
  return pages;
}

const folder = temporaryFolder();

test("what does not fit into memory comes back from a file, in order and as it was", async () => {
  const list = createWaitingList(10);
  const pages = Array.from({ length: 40 }, (_, n) => page(n, 4));
  for (const one of pages) await list.add(one);
  expect(list.size).toBe(160);
  expect(list.bound).toBe(39n);
  // Pages in a file cannot be named.
  expect(list.starts).toBe(undefined);
  expect(await drained(list)).toEqual(pages);
  expect(list.size).toBe(0);
  await list.add(page(1, 2));
  expect(await drained(list)).toEqual([page(1, 2)]);
});

test("only pages whose bound is reached are taken out of memory", async () => {
  const list = createWaitingList();
  for (const one of [page(0, 1, 5n), page(1, 1, 9n), page(2, 1, 5n)]) await list.add(one);
  expect(list.starts).toEqual([undefined, ["page 1"], ["page 2"]]);
  expect(list.bound).toBe(9n);
  expect(list.take(5n).map(({ start }) => start)).toEqual([undefined, ["page 2"]]);
  expect(list.size).toBe(1);
  expect(list.take(8n)).toEqual([]);
  expect(list.take(9n)).toEqual([page(1, 1, 9n)]);
});

test("memory is filled to the last difference that fits, and a file is taken for what does not", async () => {
  const list = createWaitingList(4);
  await list.add(page(0, 4));
  expect(list.starts).toEqual([undefined]);
  await list.add(page(1, 1));
  expect(list.starts).toBe(undefined);
  expect(await drained(list)).toEqual([page(0, 4), page(1, 1)]);
});

test.each([
  [2, [2]],
  [3, [3]],
  [8, [3, 3, 2]],
])("what waits on %i long pages is looked at in parts", async (pages, parts) => {
  const list = createWaitingList(100_000);
  const long = page(1, 8_000);
  for (let n = 0; n < pages; n++) await list.add(long);
  const sizes: number[] = [];
  for await (const part of list.drain()) sizes.push(part.length);
  expect(sizes).toEqual(parts);
});

test.skipIf(process.platform !== "linux")(
  "its file has no name, may be read by nobody else, and shows no key",
  async () => {
    const list = createWaitingList(0);
    for (let n = 0; n < 200; n++) await list.add(page(n, 10));
    expect(await readdir(folder())).toEqual([]);
    const [file = "", ...others] = await openFilesOf(folder());
    expect(others).toEqual([]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const bytes = await readFile(file);
    expect(bytes.length).toBeGreaterThan(10_000);
    expect(bytes.includes("key 7.")).toBe(false);
    expect(bytes.includes("page 7")).toBe(false);
    await list.close();
    expect(await openFilesOf(folder())).toEqual([]);
  },
);

test.skipIf(process.platform !== "linux")("a file that somebody cuts off is told of", async () => {
  const list = createWaitingList(0);
  await list.add(page(0, 10));
  const [file = ""] = await openFilesOf(folder());
  await truncate(file, 40);
  await expect(drained(list)).rejects.toThrow("a temporary file is shorter than it was written");
  await list.close();
});

test("a temporary folder() that cannot be written to is told of, with what mends it", async () => {
  vi.stubEnv("TMPDIR", join(folder(), "not-there"));
  const list = createWaitingList(0);
  await expect(list.add(page(0, 1))).rejects.toMatchObject({
    code: "USAGE_INVALID",
    message: expect.stringMatching(/not-there.*ENOENT/),
    next: expect.stringMatching(/TMPDIR/),
  });
});
