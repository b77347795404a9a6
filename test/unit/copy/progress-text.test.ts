import { expect, test } from "vitest";
import { progressText } from "../../../src/cli/commands/copy.ts";

const place = { rows: 3_000, written: 2_900, perSecond: 1_000 };

test("a terminal shows total, rate and what is left", () => {
  expect(progressText("T", { ...place, total: 9_000 })).toBe(
    "T: 3,000 of about 9,000 rows read, 2,900 written, 1,000 rows/s, 6 s left",
  );
  expect(progressText("T", place)).toBe("T: 3,000 rows read, 2,900 written, 1,000 rows/s");
});

test("nothing is said of a rate that is not known yet", () => {
  expect(progressText("T", { ...place, perSecond: 0, total: 9_000 })).toBe(
    "T: 3,000 of about 9,000 rows read, 2,900 written",
  );
});

test("in eighty columns the longest name of a table leaves room for the time that is left", () => {
  const long = { rows: 104_235, written: 99_000, total: 208_470, perSecond: 1_042 };
  const say = (width: number) => progressText("IDN_OAUTH2_ACCESS_TOKEN_SCOPE", long, width);
  expect(say(79)).toBe("IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 104,235 of about 208,470 rows, 100 s left");
  expect(say(119)).toBe(
    "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 104,235 of about 208,470 rows read, 99,000 written, 1,042 rows/s, 100 s left",
  );
});
