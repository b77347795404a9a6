import { describe, expect, test } from "vitest";
import { countText, waitText } from "../../../src/cli/show-rows.ts";

const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";

describe("When all rows are read", () => {
  test("what is waited for has words, with the longest name of a table, in 80 and in 120 columns", () => {
    expect(waitText(SCOPES, 208_470, 79)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: waiting for changes on their way to 208,470 rows",
    );
    expect(waitText(SCOPES, 1, 119)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: all is read, waiting for changes on their way to 1 row",
    );
    expect(countText(SCOPES, 79)).toBe(
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE: all is read, both servers count its rows",
    );
  });

  test("no line is wider than the terminal", () => {
    for (let width = 10; width < 130; width++) {
      expect(waitText(SCOPES, 208_470, width).length).toBeLessThanOrEqual(width);
      expect(countText(SCOPES, width).length).toBeLessThanOrEqual(width);
    }
  });
});
