import { expect, test } from "vitest";
import { durationFlag } from "../../../src/cli/duration-flag.ts";

test.each([
  ["30s", 30],
  ["90m", 5_400],
  ["24h", 86_400],
  ["1.5d", 129_600],
])("%s is %d seconds", (text, seconds) => {
  expect(durationFlag("--verified-within", text)).toBe(seconds);
});

test("nothing is nothing", () => {
  expect(durationFlag("--verified-within", undefined)).toBeUndefined();
});

test.each(["", "24", "0h", "-1h", "1 h", "1w", "h", "1h30m"])(
  "%j is refused, with what is wanted",
  (text) => {
    expect(() => durationFlag("--verified-within", text)).toThrow("--verified-within is");
  },
);
