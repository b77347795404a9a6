import { expect, test } from "vitest";
import { partsBySize, textBytes } from "../../../../src/dialect/mysql/statement-parts.ts";

const bytes = (size: number): number => size;

test("what fits one statement stays together", () => {
  expect(partsBySize([10, 10], bytes)).toEqual([[10, 10]]);
});

test("is split, in order, before a statement grows too large", () => {
  expect(partsBySize([800, 700, 600], bytes, 1_500)).toEqual([[800, 700], [600]]);
});

test("what is too large by itself goes alone", () => {
  expect(partsBySize([10, 4_000, 20], bytes, 2_000)).toEqual([[10], [4_000], [20]]);
});

test("a server that takes more than two megabytes does not get them", () => {
  expect(partsBySize([1_500_000, 1_500_000], bytes, 64_000_000)).toEqual([[1_500_000], [1_500_000]]);
  expect(partsBySize([], bytes)).toEqual([]);
});

test("a key counts with the bytes of its text, and those of what comes between two", () => {
  expect(textBytes(["'日本語'"])).toBe(13);
  expect(textBytes(["(1, X'00ff')", "NULL"])).toBe(20);
});
