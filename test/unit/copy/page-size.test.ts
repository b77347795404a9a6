import { expect, test } from "vitest";
import { createPageSize } from "../../../src/copy/page-size.ts";

test("a page that holds a run up is followed by smaller ones, down to the first one's size, and by larger ones again", () => {
  const size = createPageSize(1_000);
  expect(size.rows).toBe(1_000);
  size.note(1_000, 250, true);
  expect(size.rows).toBe(550);
  for (let i = 0; i < 20; i++) size.note(size.rows, 100_000, true);
  expect(size.rows).toBe(100);
  for (let i = 0; i < 20; i++) size.note(size.rows, 1, true);
  expect(size.rows).toBe(1_000);
});

test("a run that has nothing to apply is not held up: pages are as large as they may be, until it moves", () => {
  const size = createPageSize(1_000);
  for (let i = 0; i < 5; i++) size.note(1_000, 600, false);
  expect(size.rows).toBe(1_000);
  for (let i = 0; i < 20; i++) size.note(size.rows, 100_000, true);
  // A few calm pages may be chance.
  for (let i = 0; i < 7; i++) size.note(100, 100_000, false);
  expect(size.rows).toBe(100);
  for (let i = 0; i < 20; i++) size.note(size.rows, 100_000, false);
  expect(size.rows).toBe(1_000);
});

test("a few rows say nothing, and no page is larger than was asked for", () => {
  const size = createPageSize(1_000);
  size.note(10, 5_000, true);
  expect(size.rows).toBe(1_000);
  const small = createPageSize(7);
  small.note(7, 5_000, true);
  expect(small.rows).toBe(7);
});
