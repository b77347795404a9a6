import { expect, test } from "vitest";
import { journalFaults } from "../../../src/dialect/journal-faults.ts";

test("a journal that nobody touched has no faults", () => {
  const row = { state: "", others: null, rules: null, constraints: null, mandatory: null, lacks: "" };
  expect(journalFaults({ ...row, positions_left: "9223372036854775807" })).toEqual([]);
  expect(journalFaults({ ...row, positions_left: null })).toEqual([]);
});

test("each fault has a phrase of its own", () => {
  const row = {
    ...{ state: "is UNLOGGED", others: "a,b", rules: "r", constraints: "c", mandatory: "m" },
    ...{ lacks: "its primary key", positions_left: "12" },
  };
  expect(journalFaults(row)).toEqual([
    "the journal is UNLOGGED",
    "the journal has triggers that sync-tool did not make, which may swallow or refuse rows: a,b",
    "the journal has rules, which may swallow rows: r",
    "the journal has constraints that may refuse rows: c",
    "columns of the journal must not be null: m",
    "the journal lacks its primary key",
    "the journal's positions come to their end: 12 are left",
  ]);
});
