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
    "T: 3,000 of about 9,000 rows read, 2,900 written, 1,000 rows/s, 6 s left",
  );
  expect(progressText("T", { rows: 3_000, written: 2_900 }, began, 7_000)).toBe(
    "T: 3,000 rows read, 2,900 written, 1,000 rows/s",
  );
});

test("in eighty columns the longest name of a table leaves room for the time that is left", () => {
  const place = { rows: 104_235, written: 99_000, total: 208_470 };
  const say = (width: number) =>
    progressText("IDN_OAUTH2_ACCESS_TOKEN_SCOPE", place, { rows: 0, atMs: 0 }, 100_000, width);
  expect(say(79)).toBe("IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 104,235 of about 208,470 rows, 100 s left");
  expect(say(119)).toBe(
    "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 104,235 of about 208,470 rows read, 99,000 written, 1,042 rows/s, 100 s left",
  );
});
