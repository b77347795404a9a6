import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseProperties, printProperties } from "../../../src/config/properties.ts";

function pairs(text: string): [string, string, number][] {
  return parseProperties(text).entries.map(({ key, value, line }) => [key, value, line]);
}

describe("parseProperties", () => {
  it.each([
    ["a=1", [["a", "1", 1]]],
    [
      "a:1\nb 2\nc\t=\t3\nd\f:4",
      [
        ["a", "1", 1],
        ["b", "2", 2],
        ["c", "3", 3],
        ["d", "4", 4],
      ],
    ],
    ["# a=1\n! b=2\n\n   \t\n  # c\nd=4", [["d", "4", 6]]],
    ["a = = 1", [["a", "= 1", 1]]],
    ["a", [["a", "", 1]]],
    ["=1", [["", "1", 1]]],
    ["a=1 \t ", [["a", "1 \t ", 1]]],
    [
      "a=1,\\\n   2,\\\r\n\t3\nb=4",
      [
        ["a", "1,2,3", 1],
        ["b", "4", 4],
      ],
    ],
    ["a=1\\\n# not a comment", [["a", "1# not a comment", 1]]],
    [
      "a=1\\\\\nb=2",
      [
        ["a", "1\\", 1],
        ["b", "2", 2],
      ],
    ],
    ["# comment\\\na=1", [["a", "1", 2]]],
    ["a=1\\", [["a", "1", 1]]],
    [
      "a=1\\\n\nb=2",
      [
        ["a", "1", 1],
        ["b", "2", 3],
      ],
    ],
    ["\\\n# comment\na=1", [["a", "1", 3]]],
    ["a\\ b\\=c\\:d=1", [["a b=c:d", "1", 1]]],
    ["a=\\t\\n\\r\\f\\u00e9\\uD83D\\uDE00\\q\\\\", [["a", "\t\n\r\f\u00e9\u{1F600}q\\", 1]]],
    [
      "a=1\rb=2\r\nc=3",
      [
        ["a", "1", 1],
        ["b", "2", 2],
        ["c", "3", 3],
      ],
    ],
    [
      "a=1\na=2",
      [
        ["a", "1", 1],
        ["a", "2", 2],
      ],
    ],
    ["\uFEFFa=1", [["a", "1", 1]]],
    ["caf\u00e9=\u{1F600}", [["caf\u00e9", "\u{1F600}", 1]]],
    ["path=C:\\\\new", [["path", "C:\\new", 1]]],
  ] as [string, [string, string, number][]][])("reads %j as Java does", (text, expected) => {
    expect(pairs(text)).toEqual(expected);
  });

  it("tells the line of a malformed \\u and reads on, but takes an escaped backslash before u", () => {
    expect(parseProperties("a=1\nb=\\u12g4\nc=\\\\u12g4")).toEqual({
      entries: [
        { key: "a", value: "1", line: 1 },
        { key: "c", value: "\\u12g4", line: 3 },
      ],
      malformed: [{ line: 2 }],
    });
  });

  it("reads back what printProperties wrote, for any keys and values", () => {
    const text = fc.string({ unit: "binary" });
    const awkward = fc.string({
      unit: fc.constantFrom(" ", "\\", "=", ":", "#", "!", "\n", "\r", "\t", "\f", "u", "a", "\uFEFF"),
    });
    const word = fc.oneof(text, awkward);
    fc.assert(
      fc.property(fc.array(fc.record({ key: word, value: word })), (entries) => {
        const read = parseProperties(printProperties(entries));
        expect(read.malformed).toEqual([]);
        expect(read.entries).toEqual(entries.map((entry, index) => ({ ...entry, line: index + 1 })));
      }),
      { numRuns: 500 },
    );
  });

  it("prints plain ASCII with the separators escaped", () => {
    expect(printProperties([{ key: "a b", value: " x=\u00e9\n" }])).toBe("a\\ b=\\ x\\=\\u00E9\\n\n");
  });
});
