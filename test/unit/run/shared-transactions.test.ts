import { expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { Batch } from "../../../src/journal/reader.ts";
import { alone, batchesPerTransaction, share } from "../../../src/run/shared-transactions.ts";

let position = 0n;

const batch = (changes: number, bytes = 1): Batch => ({
  changes: Array.from({ length: changes }, (): Change => {
    position += 1n;
    return { position, action: "INSERT", row: { ID: "x".repeat(bytes) } };
  }),
  end: { position, digest: `${position}` },
  full: true,
});

const sizes = (batches: readonly Batch[]) => share(batches).map(({ of }) => of.length);

test("a transaction takes no more than ten batches, a thousand changes, two million bytes", () => {
  expect(sizes(Array.from({ length: 25 }, () => batch(1)))).toEqual([10, 10, 5]);
  expect(sizes([batch(400), batch(400), batch(201), batch(1)])).toEqual([2, 2]);
  expect(sizes([batch(1, 1_500_000), batch(1, 500_000), batch(1, 1)])).toEqual([2, 1]);
});

test("a batch that alone is more has a transaction to itself", () => {
  expect(sizes([batch(1), batch(5_000), batch(1), batch(1)])).toEqual([1, 1, 2]);
  expect(sizes([batch(1, 3_000_000), batch(1, 3_000_000)])).toEqual([1, 1]);
});

test("what is written together are the changes of all in their order, and its end is that of the last", () => {
  const batches = [batch(2), batch(3)];
  const [unit] = share(batches);
  expect(unit?.changes).toEqual(batches.flatMap(({ changes }) => changes));
  expect(unit?.end).toBe(batches[1]?.end);
  expect(unit?.of).toEqual(batches);
});

test("each alone is a unit of itself", () => {
  const batches = [batch(2), batch(3)];
  expect(alone(batches)).toEqual(batches.map((one) => ({ ...one, of: [one] })));
  expect(share([])).toEqual([]);
});

test("so many are read for one transaction", () => {
  expect([1, 50, 100, 300, 1_000, 5_000].map(batchesPerTransaction)).toEqual([10, 10, 10, 3, 1, 1]);
});
