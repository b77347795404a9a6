/** One look at both sides of a table: what became of a row, where its pages end, and the words that a column is split into. */
import { describe, expect, test } from "vitest";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import type { Difference } from "../../../src/verify/difference.ts";
import { compareTable } from "../../../src/verify/table-comparison.ts";
import { column, openPair, type Pair, PLAIN_ROWS, schema, USERS } from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });

const comparisonOf = (pair: Pair, table: TablePlan = pair.table("USERS")) =>
  compareTable({ table, source: pair.source, target: pair.target, rows: PLAIN_ROWS, isCaptured: true });

test("a row that was missing and is extra by the time is extra, and the other way round", async () => {
  const pair = openPair({ schemas: [USERS] });
  pair.target.db.tables.set("USERS", [user("1")]);
  pair.source.db.tables.set("USERS", [user("2")]);
  const missing: Difference = { kind: "missing", side: "source", key: ["1"], columns: [] };
  const extra: Difference = { kind: "extra", side: "target", key: ["2"], columns: [] };
  const { still, vanished } = await comparisonOf(pair).lookAgain([missing, extra]);
  expect(still).toEqual([
    { kind: "missing", side: "source", key: ["2"], columns: [] },
    { kind: "extra", side: "target", key: ["1"], columns: [] },
  ]);
  expect(vanished).toEqual([missing, extra]);
});

test("a page says where the next one begins, and one that is not full is the last", async () => {
  const pair = openPair({ schemas: [USERS] });
  pair.seed("USERS", user("1"), user("2"), user("3"));
  const comparison = comparisonOf(pair);
  for (const page of [comparison.sourcePage, comparison.targetPage]) {
    expect(await page(undefined, 2)).toMatchObject({ rows: 2, next: ["2"] });
    expect(await page(["2"], 2)).toEqual({ rows: 1, next: undefined, differences: [], leftOut: [] });
    expect(await page(["3"], 2)).toEqual({ rows: 0, next: undefined, differences: [], leftOut: [] });
  }
});

describe("a column that the target splits into words", () => {
  function open(words: readonly (readonly [string, string])[]): Pair {
    const pair = openPair({
      schemas: [
        schema("TOKENS", [column("ID"), column("SCOPE")]),
        schema("SCOPES", [column("ID"), column("SCOPE")], { primaryKey: ["ID", "SCOPE"] }),
      ],
    });
    pair.target.db.tables.set(
      "SCOPES",
      words.map(([id, word]) => ({ ID: id, SCOPE: word })),
    );
    return pair;
  }
  const compared = async (pair: Pair) => {
    const split = { ...pair.table("SCOPES"), column: "SCOPE" };
    const comparison = comparisonOf(pair, { ...pair.table("TOKENS"), split });
    return (await comparison.sourcePage(undefined, 10)).differences.map(
      ({ kind, key, columns }) => `${[kind, key[0], ...columns].join(" ")}`,
    );
  };

  test("differs where a word is not there or is one too many, and is alike in whatever order", async () => {
    const pair = open([
      ["1", "b"],
      ["1", "a"],
      ["2", "a"],
      ["3", "a"],
      ["3", "b"],
    ]);
    pair.seed("TOKENS", { ID: "1", SCOPE: "a b" }, { ID: "2", SCOPE: "a b" }, { ID: "3", SCOPE: "a" });
    expect(await compared(pair)).toEqual(["different 2 SCOPE", "different 3 SCOPE"]);
  });

  test("makes no second difference of a row that is not there", async () => {
    const pair = open([]);
    pair.source.db.tables.set("TOKENS", [{ ID: "1", SCOPE: "a" }]);
    expect(await compared(pair)).toEqual(["missing 1"]);
  });
});
