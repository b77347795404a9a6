import { expect, test } from "vitest";
import { keyBytes, partsBySize } from "../../../../src/dialect/mysql/statement-parts.ts";

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

test("a key counts with all that its characters and bytes may take", () => {
  // Three characters of three bytes, then the quotes, the comma and the brackets.
  expect(keyBytes(["日本語"])).toBe(21);
  expect(keyBytes([new Uint8Array([0, 255]), null, "a"])).toBe(37);
});
