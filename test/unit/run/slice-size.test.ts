import { expect, test } from "vitest";
import { batchesPerSlice } from "../../../src/run/slice-size.ts";

test("slices grow from few batches to many", () => {
  expect([0, 1, 2, 3, 4, 60].map((before) => batchesPerSlice(100, before))).toEqual([4, 8, 16, 32, 32, 32]);
});

test("slices of larger batches have fewer of them", () => {
  expect([400, 1_000, 4_000].map((size) => batchesPerSlice(size, 60))).toEqual([20, 8, 4]);
});

test("a slice never holds more than 32,000 changes, unless one batch does", () => {
  expect([8_000, 16_000, 100_000, 3_200_000].map((size) => batchesPerSlice(size, 60))).toEqual([4, 2, 1, 1]);
});
