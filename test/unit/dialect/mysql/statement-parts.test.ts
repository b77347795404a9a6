import { expect, test } from "vitest";
import { partsBySize } from "../../../../src/dialect/mysql/statement-parts.ts";

const row = (id: string, length: number) => ({ ID: id, DATA: "x".repeat(length) });

test("rows that fit one statement stay together", () => {
  const rows = [row("1", 10), row("2", 10)];
  expect(partsBySize(rows)).toEqual([rows]);
});

test("rows are split, in order, before a statement grows too large", () => {
  const parts = partsBySize([row("1", 400), row("2", 400), row("3", 400)], 2_000);
  expect(parts.map((part) => part.map(({ ID }) => ID))).toEqual([["1", "2"], ["3"]]);
});

test("a row that is too large by itself goes alone", () => {
  const parts = partsBySize([row("1", 10), row("2", 4_000), row("3", 10)], 2_000);
  expect(parts.map((part) => part.map(({ ID }) => ID))).toEqual([["1"], ["2"], ["3"]]);
});

test("bytes count as two hex digits, and no rows make no statement", () => {
  expect(partsBySize([{ ID: Buffer.alloc(600) }, { ID: Buffer.alloc(600) }], 2_000)).toHaveLength(2);
  expect(partsBySize([])).toEqual([]);
});
