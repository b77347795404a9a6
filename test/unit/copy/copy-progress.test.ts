import { expect, test } from "vitest";
import { progressText } from "../../../src/cli/commands/copy.ts";
import { copyProgress } from "../../../src/copy/copy-progress.ts";

const began = { rows: 1_000, atMs: 5_000 };

test("a copy's pace is that of this part, and what is left takes as long as it goes on so", () => {
  expect(copyProgress({ rows: 3_000, total: 9_000 }, began, 7_000)).toEqual({
    rowsPerSecond: 1_000,
    secondsLeft: 6,
  });
});

test.each([
  ["without a total", { rows: 3_000 }, 7_000],
  ["beyond what the statistics knew", { rows: 3_000, total: 2_999 }, 7_000],
  ["before the first row of this part", { rows: 1_000, total: 9_000 }, 5_000],
])("nothing is said of the time left %s", (_, place, now) => {
  expect(copyProgress(place, began, now).secondsLeft).toBeUndefined();
});

test("a terminal shows total, rate and what is left", () => {
  expect(progressText("T", { rows: 3_000, written: 2_900, total: 9_000 }, began, 7_000)).toBe(
    "T: 3000 of about 9000 rows read, 2900 written, 1000 rows/s, 6 s left",
  );
  expect(progressText("T", { rows: 3_000, written: 2_900 }, began, 7_000)).toBe(
    "T: 3000 rows read, 2900 written, 1000 rows/s",
  );
});
