import { describe, expect, test } from "vitest";
import { createPageLedger } from "../../../src/copy/page-ledger.ts";
import type { ReadPage } from "../../../src/copy/read-page.ts";
import { COPY_START } from "../../../src/state/copy-place.ts";

const page = (last: string, isLast = false): ReadPage => ({
  expected: Promise.resolve([]),
  count: 10,
  applied: 0n,
  passed: [],
  last: [last],
  isLast,
  nextLimit: 10,
});
const made = { written: 7, refused: 1 };

describe("The pages of a table", () => {
  const [a, b, c] = [page("a"), page("b"), page("c", true)];

  test("that are through out of their turn move the place only once those before them are", () => {
    const ledger = createPageLedger(COPY_START, { total: 30, keepsKey: true });
    for (const one of [a, b, c]) ledger.add(one);
    expect(ledger.placeWith(b, made)).toBeUndefined();
    ledger.settle(b, made);
    expect(ledger.place).toEqual({ ...COPY_START, total: 30 });
    const afterB = { after: ["b"], total: 30, rows: 20, written: 14, refused: 2, isDone: false };
    expect(ledger.placeWith(a, made)).toEqual(afterB);
    expect(ledger.place.rows).toBe(0);
    ledger.settle(a, made);
    expect(ledger.place).toEqual(afterB);
    ledger.settle(c, made);
    expect(ledger.place).toEqual({
      after: ["c"],
      total: 30,
      rows: 30,
      written: 21,
      refused: 3,
      isDone: true,
    });
  });

  test("go on from an earlier place, and keep no key that is a token", () => {
    const from = { after: ["0"], rows: 5, written: 5, refused: 0, isDone: false };
    const ledger = createPageLedger(from, { total: undefined, keepsKey: false });
    ledger.add(a);
    ledger.settle(a, made);
    expect(ledger.place).toEqual({ rows: 15, written: 12, refused: 1, isDone: false });
  });
});
