/** What is made of a journal's rows beyond reading them in order. */
import { expect, test } from "vitest";
import { appearedIn, countLate } from "../../../src/journal/appeared.ts";
import { highestPosition } from "../../../src/journal/highest.ts";
import { journalAfter, journalAt } from "../../../src/journal/journal-after.ts";
import { oldestChange } from "../../../src/journal/oldest-change.ts";
import { passedText } from "../../../src/journal/passed-holes.ts";
import { purgeJournal } from "../../../src/journal/purge.ts";
import { createReadSize, READ_BYTES, rowBytes } from "../../../src/journal/read-size.ts";
import { column, openPair, type Pair, schema, USERS } from "../../support/memory/pair.ts";

/** A journal with rows from position 1 on. */
function journal(count: number, from = 1): Pair {
  const pair = openPair({ schemas: [USERS] });
  const rows = Array.from({ length: count }, (_, i) => ({
    SYNC_ID: String(from + i),
    ACTION: "INSERT",
    ID: `${i}`,
    NAME: "n",
  }));
  pair.source.db.tables.set("USERS_S", rows);
  return pair;
}

async function after(pair: Pair, from: number, upTo?: number) {
  const pages: number[] = [];
  const positions: number[] = [];
  for await (const page of journalAfter(
    pair.source,
    pair.table("USERS"),
    BigInt(from),
    upTo === undefined ? undefined : BigInt(upTo),
  )) {
    pages.push(page.length);
    positions.push(...page.map(({ position }) => Number(position)));
  }
  return { pages, first: positions[0], last: positions.at(-1) };
}

test("a journal is read behind a position to its end, in pages of a thousand", async () => {
  const pair = journal(2_500);
  expect(await after(pair, 0)).toEqual({ pages: [1_000, 1_000, 500], first: 1, last: 2_500 });
  expect(await after(pair, 2_499)).toEqual({ pages: [1], first: 2_500, last: 2_500 });
  expect(await after(pair, 2_500)).toEqual({ pages: [], first: undefined, last: undefined });
  expect(await after(journal(2_000), 0)).toMatchObject({ pages: [1_000, 1_000], last: 2_000 });
});

test("a journal is read up to a position, that one with it and none behind it", async () => {
  const pair = journal(2_500);
  expect(await after(pair, 0, 1)).toEqual({ pages: [1], first: 1, last: 1 });
  expect(await after(pair, 10, 1_010)).toEqual({ pages: [1_000], first: 11, last: 1_010 });
  expect(await after(pair, 10, 1_011)).toMatchObject({ pages: [1_000, 1], last: 1_011 });
  expect(await after(pair, 5, 5)).toMatchObject({ pages: [] });
  const holes = journal(3, 10);
  expect(await after(holes, 0, 11)).toEqual({ pages: [2], first: 10, last: 11 });
  expect(await after(holes, 0, 9)).toMatchObject({ pages: [] });
});

test("of changes by their positions only the key is brought", async () => {
  const pair = journal(1_200);
  const wanted = [1n, 700n, 1_200n, 9_999n, ...Array.from({ length: 900 }, (_, i) => BigInt(i + 2))];
  const found = await journalAt(pair.source, pair.table("USERS"), wanted);
  expect(found).toHaveLength(903);
  expect(found[0]).toEqual({ position: 1n, action: "INSERT", row: { ID: "0" } });
});

test("positions that hold a row by now are told, however many holes are asked about", async () => {
  const pair = journal(450, 2);
  const holes = Array.from({ length: 500 }, (_, i) => ({ first: BigInt(i), last: BigInt(i) }));
  const found = await appearedIn(pair.source, "USERS_S", holes);
  expect([found.length, found[0], found.at(-1)]).toEqual([450, 2n, 451n]);
});

test("late changes are counted in holes that were passed, no further than what is applied, and not in ranges", async () => {
  const pair = journal(10);
  const hole = (at: number) => ({ first: BigInt(at), last: BigInt(at) });
  const kept = passedText([
    { since: 60, holes: [hole(2), { first: 4n, last: 6n, missing: 1n }, hole(8), hole(20)] },
  ]);
  const count = (applied: bigint) => countLate(pair.source, "USERS_S", kept, applied);
  expect([await count(9n), await count(8n), await count(7n), await count(1n)]).toEqual([2, 2, 1, 0]);
  expect(await countLate(pair.source, "USERS_S", undefined, 9n)).toBe(0);
});

test("the oldest change that is not applied has an age, unless the source cannot tell or tells nonsense", async () => {
  const pair = journal(3);
  const [, second] = pair.source.db.tables.get("USERS_S") ?? [];
  const oldest = async (age: unknown) => {
    Object.assign(second ?? {}, { AGE: age });
    return await oldestChange(pair.source, "USERS_S", 1n);
  };
  expect(await oldest("2.5")).toEqual({ position: 2n, ageSeconds: 2.5 });
  expect(await oldest(0)).toEqual({ position: 2n, ageSeconds: 0 });
  expect(await oldest(null)).toEqual({ position: 2n, ageSeconds: null });
  expect(await oldest(-1)).toEqual({ position: 2n, ageSeconds: null });
  expect(await oldestChange(pair.source, "USERS_S", 3n)).toBeUndefined();
});

test("a purge leaves the highest applied row as its mark, and all behind it", async () => {
  const pair = journal(2_500);
  expect(await purgeJournal(pair.source, pair.table("USERS"), 2_200n)).toEqual({
    deleted: 2_199,
    upTo: 2_200n,
  });
  expect(pair.source.db.tables.get("USERS_S")?.[0]).toMatchObject({ SYNC_ID: "2200", ACTION: "PURGE" });
  expect(await highestPosition(pair.source, "USERS_S")).toBe(2_500n);
  expect(await purgeJournal(pair.source, pair.table("USERS"), 2_200n)).toEqual({ deleted: 0, upTo: 2_200n });
});

test("a purge deletes nothing where nothing is applied, or nothing but the anchor", async () => {
  const empty = journal(0);
  expect(await purgeJournal(empty.source, empty.table("USERS"), 9n)).toEqual({ deleted: 0 });
  const anchored = journal(3, 0);
  expect(await purgeJournal(anchored.source, anchored.table("USERS"), 0n)).toEqual({ deleted: 0 });
  expect(anchored.source.db.tables.get("USERS_S")?.[0]).toMatchObject({ ACTION: "INSERT" });
});

test("a purge that is stopped ends after the statement under way", async () => {
  const pair = journal(5_000);
  const stop = new AbortController();
  let statements = 0;
  pair.source.db.onStatement = () => void (++statements === 3 && stop.abort());
  expect(await purgeJournal(pair.source, pair.table("USERS"), 5_000n, stop.signal)).toMatchObject({
    deleted: 1_000,
  });
});

/** How many rows are read at once of a table with a column of this length, whose values are this long. */
async function rowsAtOnce(maxLength: number | undefined, bytes: number, limit: number, rows = 100) {
  const { maxLength: _, ...unbounded } = column("V");
  const wide = maxLength === undefined ? unbounded : { ...unbounded, maxLength };
  const pair = openPair({ schemas: [schema("T", [column("ID"), wide])] });
  const value = "x".repeat(bytes);
  pair.source.db.tables.set(
    "T_S",
    Array.from({ length: rows }, (_, i) => ({ SYNC_ID: String(i + 1), ACTION: "INSERT", ID: "1", V: value })),
  );
  const size = createReadSize(pair.source, pair.table("T"));
  return [await size.rowsFrom(1n, limit), size.unasked];
}

test("reads are as large as they are asked for, unless rows may be long", async () => {
  expect(await rowsAtOnce(100, 1, 1_000)).toEqual([1_000, 100]);
  // 24 MB, were every value as long as it may be: 100 bytes of the key and 8,000.
  expect(await rowsAtOnce(8_000, 1, 1_000_000)).toEqual([1_481, 100]);
  expect(await rowsAtOnce(8_192, 1, 1_000_000)).toEqual([1_447, 100]);
});

test("where rows may be very long their sizes are asked for, and no more than three megabytes are read", async () => {
  expect(await rowsAtOnce(8_193, 1, 1_000)).toEqual([1_000, 10]);
  expect(await rowsAtOnce(undefined, 1_000_000, 100)).toEqual([3, 10]);
  expect(await rowsAtOnce(undefined, READ_BYTES + 1, 100, 3)).toEqual([1, 10]);
  expect(await rowsAtOnce(undefined, READ_BYTES / 2, 100, 2)).toEqual([100, 10]);
  expect(await rowsAtOnce(undefined, 10_000_000, 1, 2)).toEqual([1, 10]);
});

test("a row's bytes are those of its values", () => {
  expect(rowBytes({ A: "abc", B: null, C: new Uint8Array(4) })).toBe(7);
});
