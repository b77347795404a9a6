import { expect, test } from "vitest";
import type { Change, Position } from "../../../src/contract/change.ts";
import type { Anchor } from "../../../src/journal/at-anchor.ts";
import { readAhead } from "../../../src/journal/read-ahead.ts";
import type { Batch, JournalReader } from "../../../src/journal/reader.ts";

const ROWS = 10;
const BEGIN: Anchor = { position: 0n, digest: "" };

/** A journal of so many changes without holes; notes where each read begins and how many are under way. */
function journalOf(count: number, bytesOf = (_position: number) => 1) {
  const begun: Position[] = [];
  let [underWay, mostUnderWay, failing] = [0, 0, false];
  const reader: JournalReader = {
    async read(after, limit): Promise<Batch> {
      begun.push(after.position);
      underWay += 1;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      if (failing) throw new Error("the connection was lost");
      const first = Number(after.position) + 1;
      const changes = Array.from(
        { length: Math.max(0, Math.min(limit, count - first + 1)) },
        (_, n): Change => ({
          position: BigInt(first + n),
          action: "INSERT",
          row: { ID: "x".repeat(bytesOf(first + n)) },
        }),
      );
      const last = changes.at(-1);
      const end = last === undefined ? after : { position: last.position, digest: "of the reader" };
      return { changes, end, full: changes.length === limit };
    },
    survey: () => Promise.reject(new Error("not asked for here")),
    highest: async () => BigInt(count),
    holders: async () => [],
    at: async () => [],
    mostAt: 100,
    reset: () => undefined,
  };
  return {
    reader,
    begun,
    mostUnderWay: () => mostUnderWay,
    grow: (to: number) => {
      count = to;
    },
    fail: () => {
      failing = true;
    },
  };
}

async function readAll(reader: JournalReader, limit: number): Promise<readonly Position[]> {
  const positions: Position[] = [];
  for (let after = BEGIN; ; ) {
    const batch = await reader.read(after, limit);
    positions.push(...batch.changes.map(({ position }) => position));
    if (!batch.full) return positions;
    after = batch.end;
  }
}

test.each([1, 3, 10, 25])("batches of %i hold every change once and in order", async (limit) => {
  const journal = journalOf(47);
  const positions = await readAll(readAhead(journal.reader, ROWS), limit);
  expect(positions).toEqual(Array.from({ length: 47 }, (_, n) => BigInt(n + 1)));
  expect(journal.mostUnderWay()).toBe(1);
});

test("the next read begins when half of the last one is used up, and its changes are not read again", async () => {
  const journal = journalOf(30);
  const reader = readAhead(journal.reader, ROWS);
  const first = await reader.read(BEGIN, 4);
  expect(journal.begun).toEqual([0n]);
  const second = await reader.read(first.end, 4);
  expect(journal.begun).toEqual([0n, 12n]);
  const third = await reader.read(second.end, 4);
  const fourth = await reader.read(third.end, 4);
  expect(fourth.changes.map(({ position }) => position)).toEqual([13n, 14n, 15n, 16n]);
  expect(journal.begun).toEqual([0n, 12n]);
});

test("no batch is small because a read ended in it", async () => {
  const reader = readAhead(journalOf(30).reader, ROWS);
  const sizes: number[] = [];
  for (let after = BEGIN; ; ) {
    const batch = await reader.read(after, 4);
    sizes.push(batch.changes.length);
    if (!batch.full) break;
    after = batch.end;
  }
  expect(sizes).toEqual([4, 4, 4, 4, 4, 4, 4, 2]);
});

test("a batch asked for from an earlier position is read anew, after the read under way", async () => {
  const journal = journalOf(30);
  const reader = readAhead(journal.reader, ROWS);
  await reader.read(BEGIN, 10);
  const again = await reader.read(BEGIN, 4);
  expect(again.changes.map(({ position }) => position)).toEqual([1n, 2n, 3n, 4n]);
  expect(journal.begun).toEqual([0n, 10n, 0n]);
  expect(journal.mostUnderWay()).toBe(1);
});

test("a read ahead that fails is told to the one who asks for its changes, and to nobody else", async () => {
  const journal = journalOf(30);
  const reader = readAhead(journal.reader, ROWS);
  const first = await reader.read(BEGIN, 10);
  journal.fail();
  await reader.settled();
  await expect(reader.read(first.end, 10)).rejects.toThrow("the connection was lost");
  const after = journal.begun.length;
  await expect(reader.read(first.end, 10)).rejects.toThrow("the connection was lost");
  expect(journal.begun.length).toBe(after + 1);
});

test.each([
  { what: "by an earlier bound", size: 9, bound: 4n },
  { what: "empty by a read ahead", size: 10, bound: 10n },
])("what was left over $what does not end a later read before its own bound", async ({ size, bound }) => {
  const journal = journalOf(size);
  const reader = readAhead(journal.reader, ROWS);
  const first = await reader.read(BEGIN, 10, bound);
  expect(first).toMatchObject({ end: { position: bound }, full: false });
  await reader.settled();
  journal.grow(12);
  const positions: Position[] = [];
  let batch: Batch = first;
  do {
    batch = await reader.read(batch.end, 10, 12n);
    positions.push(...batch.changes.map(({ position }) => position));
  } while (batch.full);
  expect(positions.at(-1)).toBe(12n);
  expect(positions).toHaveLength(12 - Number(bound));
});

test("a bound that the journal no longer reaches ends all the same", async () => {
  const reader = readAhead(journalOf(10).reader, ROWS);
  const { end } = await reader.read(BEGIN, 4, 20n);
  const rest = await reader.read(end, 10, 20n);
  expect(rest).toMatchObject({ end: { position: 10n }, full: true });
  expect(await reader.read(rest.end, 10, 20n)).toMatchObject({ changes: [], full: false });
});

test("a batch of long rows ends before it has too many bytes, and what was read for it comes next", async () => {
  const journal = journalOf(12, () => 40);
  const reader = readAhead(journal.reader, 4, 100);
  const sizes: number[] = [];
  const positions: Position[] = [];
  for (let after = BEGIN; ; ) {
    const batch = await reader.read(after, 4);
    sizes.push(batch.changes.length);
    positions.push(...batch.changes.map(({ position }) => position));
    if (!batch.full) break;
    after = batch.end;
  }
  expect(Math.max(...sizes)).toBe(2);
  expect(positions).toEqual(Array.from({ length: 12 }, (_, n) => BigInt(n + 1)));
});

test("rows of exactly as many bytes as a batch may have are one batch", async () => {
  const batch = await readAhead(journalOf(10, () => 50).reader, 10, 100).read(BEGIN, 10);
  expect(batch.changes).toHaveLength(2);
});

test("a row longer than a batch may be is a batch of its own", async () => {
  const reader = readAhead(journalOf(3, (position) => (position === 2 ? 500 : 10)).reader, 10, 100);
  const first = await reader.read(BEGIN, 10);
  const second = await reader.read(first.end, 10);
  const third = await reader.read(second.end, 10);
  expect([first, second, third].map(({ changes }) => changes.map(({ position }) => position))).toEqual([
    [1n],
    [2n],
    [3n],
  ]);
});

test("what is read at once ends with enough bytes, though more rows were wanted", async () => {
  const journal = journalOf(20, () => 60);
  const byTwo = { ...journal.reader, read: async (after: Anchor) => await journal.reader.read(after, 2) };
  await readAhead(byTwo, 10, 200).read(BEGIN, 1);
  // The last one is the next read, ahead of whoever asks.
  expect(journal.begun).toEqual([0n, 2n, 4n]);
});

test("after a reset what was read before is read again, and the reader below has forgotten too", async () => {
  const resets: string[] = [];
  const journal = journalOf(10);
  const reader = readAhead({ ...journal.reader, reset: () => void resets.push("reset") }, ROWS);
  const { end } = await reader.read(BEGIN, 2);
  reader.reset();
  expect(resets).toHaveLength(1);
  await reader.settled();
  expect((await reader.read(end, 2)).changes.map(({ position }) => position)).toEqual([3n, 4n]);
  expect(journal.begun).toContain(2n);
});
