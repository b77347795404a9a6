import { describe, expect, test } from "vitest";
import type { Position } from "../../../src/contract/change.ts";
import { changeDigest } from "../../../src/journal/digest.ts";
import { NO_END } from "../../../src/journal/horizon.ts";
import { isJournalReplaced } from "../../../src/journal/is-replaced.ts";
import { createJournalReader } from "../../../src/journal/reader.ts";
import { MemoryError } from "../../support/memory/database.ts";
import type { MemoryServer } from "../../support/memory/dialect.ts";
import { openPair, type Pair, USERS } from "../../support/memory/pair.ts";

const START = { position: 0n, digest: "" };

/** A journal with rows at these positions. */
function journal(positions: readonly number[], onSource: Partial<MemoryServer> = {}): Pair {
  const pair = openPair({ schemas: [USERS], onSource });
  for (const at of positions) pair.write("USERS", "INSERT", { ID: String(at), NAME: "n" }, BigInt(at));
  return pair;
}

/** Changes what the journal holds at a position. */
const alter = (pair: Pair, position: number, more: object): void =>
  void Object.assign(
    pair.source.db.tables.get("USERS_S")?.find((row) => row["SYNC_ID"] === String(position)) ?? {},
    more,
  );

const readerOf = (pair: Pair, now?: () => number) =>
  createJournalReader(pair.source, pair.table("USERS"), now);

const numbers = (changes: readonly { readonly position: Position }[]): readonly number[] =>
  changes.map(({ position }) => Number(position));

async function read(pair: Pair, limit = 100, upTo?: number, now?: () => number) {
  const { changes, full, blocked, end } = await readerOf(pair, now).read(
    START,
    limit,
    upTo === undefined ? undefined : BigInt(upTo),
  );
  return { positions: numbers(changes), full, blocked, end: Number(end.position) };
}

describe("a read", () => {
  test("brings the changes in order, as far as the limit, and says whether more is there", async () => {
    const pair = journal([1, 2, 3, 4]);
    expect(await read(pair)).toEqual({ positions: [1, 2, 3, 4], full: false, blocked: undefined, end: 4 });
    expect(await read(pair, 3)).toEqual({ positions: [1, 2, 3], full: true, blocked: undefined, end: 3 });
    expect(await read(pair, 4)).toMatchObject({ full: true });
    expect(await read(pair, 100, 2)).toEqual({ positions: [1, 2], full: false, blocked: undefined, end: 2 });
    expect(await read(journal([]))).toEqual({ positions: [], full: false, blocked: undefined, end: 0 });
  });

  test("goes on behind the row that it ended at, which it proves to be the same", async () => {
    const pair = journal([1, 2, 3]);
    const reader = readerOf(pair);
    const first = await reader.read(START, 2);
    expect(first.end).toEqual({ position: 2n, digest: changeDigest(first.changes[1] ?? ({} as never)) });
    expect(numbers((await reader.read(first.end, 1)).changes)).toEqual([3]);
    await expect(reader.read({ ...first.end, digest: "another" }, 1)).rejects.toMatchObject({
      code: "JOURNAL_REPLACED",
    });
    expect(await isJournalReplaced(pair.source, pair.table("USERS"), first.end)).toBe(false);
    pair.source.db.tables.set("USERS_S", []);
    expect(await isJournalReplaced(pair.source, pair.table("USERS"), first.end)).toBe(true);
    pair.source.db.tables.delete("USERS_S");
    await expect(isJournalReplaced(pair.source, pair.table("USERS"), first.end)).rejects.toThrow(MemoryError);
  });

  test("of a journal that was purged beyond the checkpoint is refused", async () => {
    const pair = journal([1, 2, 3]);
    alter(pair, 2, { ACTION: "PURGE" });
    await expect(readerOf(pair).read(START, 10)).rejects.toMatchObject({
      code: "JOURNAL_REPLACED",
      message: expect.stringContaining("purged up to position 2"),
    });
  });

  test("gives values and the time of capture as the journal has them", async () => {
    const pair = journal([1]);
    alter(pair, 1, { CAPTURED_AT: "2026-01-01 00:00:00.5" });
    const [change] = (await readerOf(pair).read(START, 1)).changes;
    expect(change).toEqual({
      position: 1n,
      action: "INSERT",
      row: { ID: "1", NAME: "n" },
      capturedAt: "2026-01-01 00:00:00.5",
    });
    expect((await readerOf(journal([1])).read(START, 1)).changes[0]).not.toHaveProperty("capturedAt");
  });
});

describe("a hole", () => {
  test("that is proven dead is passed in the same read", async () => {
    expect(await read(journal([1, 2, 5, 6]))).toMatchObject({ positions: [1, 2, 5, 6], blocked: undefined });
    expect(await read(journal([2]))).toMatchObject({ positions: [2], blocked: undefined });
  });

  test("that is open, or may still be filled by somebody, ends what may be applied", async () => {
    const blocked = { first: 3n, last: 4n };
    expect(await read(journal([1, 2, 5, 6], { verdict: "open" }))).toEqual({
      positions: [1, 2],
      full: false,
      blocked,
      end: 2,
    });
    expect(await read(journal([1, 2, 5, 6], { holders: ["t"] }))).toMatchObject({
      positions: [1, 2],
      blocked,
    });
    expect(await read(journal([2, 3], { holders: ["t"] }), 2)).toEqual({
      positions: [],
      full: false,
      blocked: { first: 1n, last: 1n },
      end: 0,
    });
  });

  test("is not judged before its age, and is once a later look finds nobody", async () => {
    let now = 0;
    const pair = journal([1, 3], { capabilities: { minHoleAgeMs: 100 } });
    const reader = readerOf(pair, () => now);
    expect(numbers((await reader.read(START, 9)).changes)).toEqual([1]);
    now = 99;
    expect(numbers((await reader.read(START, 9)).changes)).toEqual([1]);
    now = 100;
    expect(numbers((await reader.read(START, 9)).changes)).toEqual([1, 3]);
    expect(await reader.holders({ first: 2n, last: 2n })).toEqual([]);
  });

  test("names who holds it, and is judged anew after a reset", async () => {
    const pair = journal([1, 3], { holders: ["t"], described: [{ holder: "t", user: "app" }] });
    const reader = readerOf(pair);
    await reader.read(START, 9);
    expect(await reader.holders({ first: 2n, last: 2n })).toEqual([{ holder: "t", user: "app" }]);
    reader.reset();
    expect(await reader.holders({ first: 2n, last: 2n })).toEqual([]);
  });

  test("that is filled between the read and the question is read again", async () => {
    const pair = journal([1, 3]);
    let statements = 0;
    pair.source.db.onStatement = () => {
      if (++statements === 4) pair.write("USERS", "INSERT", { ID: "2", NAME: "late" }, 2n);
    };
    expect(await read(pair)).toMatchObject({ positions: [1, 2, 3], blocked: undefined });
  });
});

describe("a survey", () => {
  const survey = (pair: Pair, limit = 9, now?: () => number) => readerOf(pair, now).survey(START, limit);

  test("finds nothing open in a journal without holes, writers or positions that were handed out", async () => {
    expect(await survey(journal([1, 2]))).toEqual({
      highest: 2n,
      reached: 2n,
      writers: [],
      ...{},
    });
    expect(await survey(journal([1, 2], { drawn: () => 2n }))).toEqual({
      highest: 2n,
      reached: 2n,
      writers: [],
    });
  });

  test("tells of positions behind the last visible one, and who writes", async () => {
    expect(await survey(journal([1, 2], { drawn: () => 5n, holders: ["t"] }))).toEqual({
      highest: 2n,
      reached: 5n,
      writers: ["t"],
      open: { first: 3n, last: 5n },
    });
    expect(await survey(journal([1, 2], { drawn: () => 5n }))).toEqual({
      highest: 2n,
      reached: 5n,
      writers: [],
    });
    expect(await survey(journal([1, 2], { holders: ["t"] }))).toMatchObject({
      open: { first: 3n, last: NO_END },
      writers: ["t"],
    });
  });

  test("tells of a hole between visible positions, and looks no further than the limit", async () => {
    const pair = journal([1, 3, 5], { verdict: "open", drawn: () => 9n });
    expect(await survey(pair)).toMatchObject({ open: { first: 2n, last: 2n } });
    expect(await survey(journal([1, 2, 3], { drawn: () => 9n, holders: ["t"] }), 2)).not.toHaveProperty(
      "open",
    );
  });
});

test("changes are read by their positions, without the mark of a purge", async () => {
  const pair = journal([1, 2, 3]);
  alter(pair, 1, { ACTION: "PURGE" });
  const reader = readerOf(pair);
  expect(numbers(await reader.at([1n, 3n, 7n]))).toEqual([3]);
  expect([await reader.highest(), reader.mostAt]).toEqual([3n, 100]);
  expect(await readerOf(journal([])).highest()).toBe(0n);
});
