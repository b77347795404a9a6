/** Tables whose keys are others on the target: what is left out, what their reading costs, and keys that look alike. */
import { expect, test } from "vitest";
import type { Pace } from "../../../src/throttle/pace.ts";
import type { RowSource } from "../../../src/transform/row-source.ts";
import { findVerdict } from "../../../src/verify/verdict.ts";
import { comparePair } from "../../support/memory/compare.ts";
import { openRekeyed, type Pair, PLAIN_ROWS } from "../../support/memory/pair.ts";

const onSource = (id: string) => ({ TOKEN: id, NAME: id });
const onTarget = (id: string) => ({ ID: `id-${id}`, TOKEN: id, NAME: id });

const ROWS: RowSource = {
  ...PLAIN_ROWS,
  isUnchanged: false,
  resolveKeys: async (changes) =>
    changes.map((change) => ({ ...change, key: { ID: `id-${change.row["TOKEN"]}` } })),
  prepare: async () => (change) => ({ ...change.row, ...change.key }),
};

function open(source: readonly string[], target: readonly string[]): Pair {
  const pair = openRekeyed();
  pair.source.db.tables.set("T", source.map(onSource));
  pair.target.db.tables.set("T", target.map(onTarget));
  return pair;
}

test("rows that the target is not to have are left out and counted, the others are not", async () => {
  const rows: RowSource = {
    ...ROWS,
    markLeftOut: async (changes) =>
      changes.map((change) => (change.row["TOKEN"] === "c" ? { ...change, leftOut: true } : change)),
    // What is left out need not be a row that could be made.
    prepare: async (changes) => {
      expect(changes.map(({ row }) => row["TOKEN"])).not.toContain("c");
      return (change) => ({ ...change.row, ...change.key });
    },
  };
  const { report, differences } = await comparePair(open(["a", "b", "c"], ["a", "b"]), {
    rowsFor: () => rows,
  });
  expect(differences).toEqual([]);
  expect(findVerdict(report.tables, true).sentence).toBe(
    "equal: 3 rows; 1 of them left out, as the migration removes them",
  );
});

test("a side that is read alone has the whole pace to itself, and the tokens that are read before are paid for", async () => {
  const spent: number[] = [];
  const pace: Pace = { mostRows: 4, spend: async (rows) => void spent.push(rows) };
  const pages: number[] = [];
  const ids = ["a", "b", "c", "d"];
  await comparePair(open(ids, ids), {
    rowsFor: () => ROWS,
    pace,
    onProgress: (_, { readSource, readTarget }) => void pages.push(readSource + readTarget),
  });
  expect(pages[0]).toBe(4);
  expect(spent.reduce((sum, rows) => sum + rows, 0)).toBe(12);
});

test("an id that reads like a token is no key of the source, nor a token one of the target", async () => {
  const pair = open(["a"], []);
  pair.target.db.tables.set("T", [{ ID: "a", TOKEN: "q", NAME: "q" }]);
  const { differences, report } = await comparePair(pair, { rowsFor: () => ROWS });
  expect(differences.map(({ kind, key }) => [kind, Object.keys(key)])).toEqual([
    ["missing", ["TOKEN"]],
    ["extra", ["ID"]],
  ]);
  expect(report.tables).toMatchObject([{ missing: 1, extra: 1, unexplained: 0 }]);
});
