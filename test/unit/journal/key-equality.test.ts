import { describe, expect, test } from "vitest";
import type { TextEquality } from "../../../src/contract/table-schema.ts";
import { equalityClass, exactKey } from "../../../src/journal/key-equality.ts";
import { textColumn } from "./columns.ts";

const same = (equality: TextEquality, a: string | null, b: string | null): boolean =>
  equalityClass([textColumn(equality)], [a]) === equalityClass([textColumn(equality)], [b]);

describe("Keys that the target could take for equal share a class", () => {
  test.each([
    ["case", "Ann", "aNN"],
    ["accents", "élan", "elan"],
    ["a composed and a decomposed letter", "\u00e9", "e\u0301"],
    ["the sharp s", "straße", "STRASSE"],
    ["the dotless i", "ırmak", "irmak"],
    ["ligatures", "ﬁn", "fin"],
    ["æ", "Ægir", "aegir"],
    ["any two emoji", "😀", "🎉"],
    ["trailing blanks", "ann", "ann  "],
    ["a trailing emoji, which old collations give no weight", "ann", "ann😀"],
    ["an invisible character", "a\u200bnn", "ann"],
    ["full-width letters", "ａｎｎ", "ann"],
  ])("under an insensitive collation: %s", (_what, a, b) => {
    expect(same("insensitive", a, b)).toBe(true);
  });

  test("under a padding collation: trailing blanks alone", () => {
    expect(same("padded", "ann", "ann   ")).toBe(true);
    expect(same("padded", "ann", "Ann")).toBe(false);
    expect(same("padded", "ann", " ann")).toBe(false);
  });

  test("under a binary collation: nothing but the same bytes", () => {
    expect(same("exact", "ann", "ann")).toBe(true);
    expect(same("exact", "ann", "ann ")).toBe(false);
    expect(same("exact", "\u00e9", "e\u0301")).toBe(false);
  });

  test("NULL, an empty text and the word NULL are three keys", () => {
    for (const equality of ["exact", "padded", "insensitive"] as const) {
      expect(same(equality, null, "")).toBe(false);
      expect(same(equality, null, "null")).toBe(false);
      expect(same(equality, "", "null")).toBe(false);
    }
  });

  test("plainly different texts are not one class, whatever the collation", () => {
    for (const [a, b] of [
      ["ann", "bob"],
      ["t1", "t2"],
      ["ключ", "замок"],
      ["鍵", "鎖"],
    ] as const)
      expect(same("insensitive", a, b)).toBe(false);
  });

  test("parts of a key are not run together", () => {
    const columns = [textColumn("exact"), textColumn("exact")];
    expect(equalityClass(columns, ["a", "bc"])).not.toBe(equalityClass(columns, ["ab", "c"]));
  });
});

describe("The exact key", () => {
  test("is the same for the same bytes only", () => {
    expect(exactKey(["a", null])).toBe(exactKey(["a", null]));
    expect(exactKey(["a"])).not.toBe(exactKey(["A"]));
    expect(exactKey([Buffer.from("a")])).toBe(exactKey([new Uint8Array([0x61])]));
    expect(exactKey([Buffer.from("a")])).not.toBe(exactKey(["61"]));
  });
});
