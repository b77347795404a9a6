import { describe, expect, test } from "vitest";
import { rowsProgress } from "../../../src/cli/rows-progress.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const WIDE = 119;

describe("How far a comparison is", () => {
  test("is told with a total, a rate and the time that all tables take, in 80 and in 120 columns", () => {
    let nowMs = 0;
    const say = rowsProgress(
      new Map([
        [TOKENS, 208_470],
        [SCOPES, 416_940],
      ]),
      () => nowMs,
    );
    expect(say(TOKENS, { rows: 0 }, 79)).toBe("IDN_OAUTH2_ACCESS_TOKEN: 0 of about 208,470 rows, 0 % of all");
    nowMs = 10_000;
    expect(say(TOKENS, { rows: 104_235 }, WIDE)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN: 104,235 of about 208,470 rows, 16 % of all, 10,424 rows/s, 50 s left",
    );
    expect(say(TOKENS, { rows: 104_235 }, 79)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN: 104,235 of about 208,470 rows, 16 % of all, 50 s left",
    );
    nowMs = 20_000;
    say(TOKENS, { rows: 208_470 }, WIDE);
    nowMs = 30_000;
    expect(say(SCOPES, { rows: 100_000 }, 79)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 100,000 of about 416,940 rows, 31 s left",
    );
    for (let width = 20; width < 130; width++) {
      const line = say(SCOPES, { rows: 100_000 }, width);
      expect(line.length).toBeLessThanOrEqual(width);
      for (const figure of line.match(/\d[\d,]+/g) ?? [])
        expect(["100,000", "416,940", "10,212", "31", "49"], line).toContain(figure.replace(/,$/, ""));
    }
  });

  test("never says that nothing is left before the end, whatever the statistics said", () => {
    let nowMs = 0;
    const say = rowsProgress(new Map([[TOKENS, 1_000]]), () => nowMs);
    say(TOKENS, { rows: 0 }, WIDE);
    nowMs = 1_000;
    expect(say(TOKENS, { rows: 1_000 }, WIDE)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN: 1,000 of about 1,000 rows, 99 % of all, 1,000 rows/s, 1 s left",
    );
    nowMs = 2_000;
    expect(say(TOKENS, { rows: 2_000 }, WIDE)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN: 2,000 rows, 99 % of all, 1,000 rows/s, 1 s left",
    );
  });

  test("says no share and no time where a table's rows are not known, and counts them out when it is read", () => {
    let nowMs = 0;
    const say = rowsProgress(
      new Map([
        [TOKENS, undefined],
        [SCOPES, 500],
      ]),
      () => nowMs,
    );
    say(TOKENS, { rows: 0 }, WIDE);
    nowMs = 1_000;
    expect(say(TOKENS, { rows: 500 }, WIDE)).toBe("IDN_OAUTH2_ACCESS_TOKEN: 500 rows, 500 rows/s");
    nowMs = 2_000;
    expect(say(SCOPES, { rows: 100 }, WIDE)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 100 of about 500 rows, 60 % of all, 300 rows/s, 1 s left",
    );
  });

  test("of a copy names what is written too, and in 80 columns leaves room for the time that is left", () => {
    let nowMs = 0;
    const say = rowsProgress(new Map([[SCOPES, 208_470]]), () => nowMs);
    say(SCOPES, { rows: 0, written: 0 }, WIDE);
    nowMs = 10_000;
    const read = { rows: 104_235, written: 99_000 };
    expect(say(SCOPES, read, 105)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 104,235 of about 208,470 rows, 99,000 written, 50 % of all, 10 s left",
    );
    expect(say(SCOPES, read, WIDE)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 104,235 of about 208,470 rows, 99,000 written, 50 % of all, 10,424 rows/s, 10 s left",
    );
    expect(say(SCOPES, read, 79)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 104,235 of about 208,470 rows, 10 s left",
    );
  });

  test("takes no row that an earlier part has read for one of this part's pace", () => {
    let nowMs = 0;
    const say = rowsProgress(
      new Map([
        [TOKENS, 100_000],
        [SCOPES, 200_000],
      ]),
      () => nowMs,
    );
    say(TOKENS, { rows: 99_000, earlier: 98_000 }, WIDE);
    nowMs = 1_000;
    say(TOKENS, { rows: 100_000, earlier: 98_000 }, WIDE);
    nowMs = 2_000;
    expect(say(SCOPES, { rows: 101_000, earlier: 100_000 }, WIDE)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: 101,000 of about 200,000 rows, 67 % of all, 1,000 rows/s, 99 s left",
    );
  });
});
