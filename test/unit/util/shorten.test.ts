import { describe, expect, test } from "vitest";
import { firstThatFits, shorten, wrap } from "../../../src/util/shorten.ts";

describe("Text that is too long", () => {
  test("loses whole words, never a part of a number", () => {
    const text = "about 123,456 changes pending";
    for (let width = 1; width < text.length; width++) {
      const cut = shorten(text, width);
      expect(cut.length).toBeLessThanOrEqual(width);
      expect(cut).not.toMatch(/\d(?<!123,456)…/);
    }
    expect(shorten(text, 22)).toBe("about 123,456 changes…");
    expect(shorten(text, 12)).toBe("about…");
    expect(shorten(text, text.length)).toBe(text);
    expect(shorten("1234567", 4)).toBe("…");
    expect(shorten("IDN_OAUTH2_ACCESS_TOKEN_SCOPE_X", 12)).toBe("…");
    expect(shorten("UM_USER_ATTRIBUTE", 8)).toBe("UM_USER…");
  });

  test("is said shorter where a shorter way is known", () => {
    expect(firstThatFits(["twelve left", "12 left", "12"], 8)).toBe("12 left");
    expect(firstThatFits(["twelve left", "some left"], 5)).toBe("some…");
  });

  test("goes on in the next line, at a blank", () => {
    expect(wrap("one two three", 8, "  ")).toEqual(["one two", "  three"]);
    expect(wrap("one", 8)).toEqual(["one"]);
    expect(wrap("123456789012 3", 8)).toEqual(["123456789012", "3"]);
  });
});
