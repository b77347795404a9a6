import { describe, expect, test } from "vitest";
import { formatVerdict } from "../../../src/cli/verify-text.ts";
import { NO_COUNTS } from "../../../src/verify/progress-state.ts";
import type { TableCounts } from "../../../src/verify/table-counts.ts";
import { findVerdict, isEqual } from "../../../src/verify/verdict.ts";

const table = (counts: Partial<TableCounts> = {}): TableCounts => ({
  table: "T",
  ...NO_COUNTS,
  sourceRows: 208_470,
  targetRows: 208_470,
  onTheirWay: 0,
  ownClaims: 0,
  unexplained: 0,
  unread: 0,
  readFrom: "2026-01-31T23:59:01.000Z",
  readTo: "2026-02-01T00:12:40.500Z",
  isBeingCopied: false,
  ...counts,
});
const said = (counts: Partial<TableCounts>, complete = true): string =>
  findVerdict([table(counts)], complete).sentence;

describe("a verdict", () => {
  test("is equal only when every row was judged and the servers' counts say the same", () => {
    expect(said({})).toBe("equal: 208,470 rows");
    expect(said({ onTheirWay: 12 })).toBe("equal: 208,470 rows; 12 on their way");
    expect(said({ missing: 5, repaired: 5 })).toBe("equal: 208,470 rows; 5 rows repaired");
    expect(said({ targetRows: 208_467, leftOut: 3 })).toBe(
      "equal: 208,470 rows; 3 of them left out, as the migration removes them",
    );
    expect(said({ ownClaims: 7 })).toBe("equal: 208,470 rows; 7 claims of the target's own");
  });

  test("of one table is equal only without a difference that is left", () => {
    expect(isEqual(table())).toBe(true);
    expect(isEqual(table({ missing: 5, repaired: 5 }))).toBe(true);
    expect(isEqual(table({ missing: 5, repaired: 4 }))).toBe(false);
  });

  test("adds up every kind of difference", () => {
    const kinds = { missing: 1, extra: 2, different: 4, untransformable: 8, unfindable: 16 };
    expect(findVerdict([table(kinds)], true)).toMatchObject({ found: 31, sentence: "different: 31 rows" });
  });

  test("names every table that could not be counted", () => {
    const uncounted = (name: string) => table({ table: name, sourceRows: null, targetRows: null });
    expect(findVerdict([uncounted("T"), table(), uncounted("U")], true).sentence).toBe(
      "not all is judged: rows of T, U move too fast to be counted on both sides",
    );
  });

  test.each<[Partial<TableCounts>, boolean, string, string]>([
    [{ missing: 5, repaired: 3 }, true, "different", "different: 2 rows; 3 rows repaired"],
    [{ unfindable: 1 }, true, "different", "different: 1 row"],
    [
      { extra: 1, pending: 2 },
      true,
      "different",
      "different: 1 row; 2 rows wait for changes that nothing brings",
    ],
    [
      { unexplained: 10 },
      true,
      "unexplained",
      "the counts do not add up: T: the target has 10 rows more than the source with the differences found",
    ],
    [
      { unexplained: -1 },
      true,
      "unexplained",
      "the counts do not add up: T: the target has 1 row less than the source with the differences found",
    ],
    [
      { unread: 3 },
      true,
      "unexplained",
      "the counts do not add up: T: the source's server counts 3 rows more than were read",
    ],
    [
      { unread: -1 },
      true,
      "unexplained",
      "the counts do not add up: T: the source's server counts 1 row less than were read",
    ],
    [
      { pending: 1 },
      false,
      "not judged",
      "not all is judged: 1 row waits to be looked at again; stopped before the end",
    ],
    [
      { missing: 50_000, isBeingCopied: true },
      true,
      "not judged",
      "not all is judged: the copy of T is not finished, 50,000 rows are not there yet",
    ],
    [
      { missing: 7, different: 1, isBeingCopied: true },
      true,
      "different",
      "different: 1 row; the copy of T is not finished, 7 rows are not there yet",
    ],
    [
      { pending: 5_000 },
      true,
      "not judged",
      "not all is judged: 5,000 rows wait for changes that nothing brings",
    ],
    [
      { sourceRows: null, targetRows: null, onTheirWay: null },
      true,
      "not judged",
      "not all is judged: rows of T move too fast to be counted on both sides",
    ],
    [
      { sourceRows: null, targetRows: null },
      false,
      "not judged",
      "not all is judged: stopped before the end",
    ],
  ])("of %o is never equal", (counts, complete, result, sentence) => {
    const verdict = findVerdict([table(), table(counts)], complete);
    expect(verdict.result).toBe(result);
    expect(verdict.sentence).toBe(sentence);
    if (complete) expect(isEqual(table(counts))).toBe(false);
  });
});

describe("the table for people", () => {
  test("shows no counts that were not taken at one position, rare columns only when they say something, and when it was read", () => {
    const tables = [table(), table({ table: "U", sourceRows: null, targetRows: null, onTheirWay: null })];
    const text = formatVerdict({ tables, verdict: findVerdict(tables, false) });
    const [head, first, second, sentence] = text.split("\n");
    expect(head).not.toMatch(/UNEXPLAINED|NOT READ|NOT FOUND/);
    expect(first).toMatch(/^T +208470 +208470 +0 .*2026-01-31 23:59:01 - 2026-02-01 00:12:40$/);
    expect(second).toMatch(/^U +- +- +- /);
    expect(sentence).toBe("not all is judged: stopped before the end");
    const odd = [table({ unexplained: 3 })];
    expect(formatVerdict({ tables: odd, verdict: findVerdict(odd, true) })).toMatch(/UNEXPLAINED/);
  });

  test.each([80, 120])("fits a terminal of %i columns, without what is 0 everywhere", (width) => {
    const tables = [
      table({ table: "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", onTheirWay: 12, missing: 3 }),
      table({ table: "IDN_IDENTITY_USER_DATA" }),
    ];
    const verdict = findVerdict(tables, true);
    const lines = formatVerdict({ tables, verdict }, width).split("\n");
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(width);
    expect(lines[0]).toMatch(/^TABLE +SOURCE +TARGET +ON THEIR WAY +MISSING/);
    expect(lines[1]).toMatch(/^IDN_OAUTH2_ACCESS_TOKEN_SCOPE +208470 +208470 +12 +3/);
    expect(lines.at(-1)).toBe("different: 3 rows");
  });
});
