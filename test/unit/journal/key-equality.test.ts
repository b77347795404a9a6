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
    ["full-width digits", "user７", "user7"],
    ["the digits of another script", "user٠١٩", "user019"],
    ["those of a third", "user०५", "user05"],
    ["German umlauts and their spelling", "Jäger", "Jaeger"],
    ["Swedish v and w", "Vasa", "Wasa"],
    ["Lithuanian i and y", "linas", "lynas"],
    ["classical i and j", "iulius", "julius"],
    ["classical u and v", "Aurelius", "Avrelivs"],
    ["Swedish keyboards' brackets", "[ngstr|m", "ångström"],
    ["the Polish ł", "Łódź", "lodz"],
    ["the Icelandic þ", "Þór", "thor"],
    ["the Norwegian ø", "Øystein", "oystein"],
    ["the Croatian đ", "Đorđe", "dorde"],
    ["the Maltese ħ", "Ħamrun", "hamrun"],
    ["the last sigma of a word", "ΝΙΚΟΣ", "νικος"],
    ["a Hebrew letter at the end of a word", "שלום", "שלומ"],
    ["hyphens, dots and blanks", "ann-marie.o neil", "annmarieoneil"],
    ["a control character", "ann\u0007", "ann"],
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

  test.each([
    ["digits", "user1", "user2"],
    ["digits of another script", "user١", "user٢"],
    ["consonants", "ban", "dan"],
    ["Greek letters", "αβγ", "αβδ"],
    ["Hangul", "가나", "가다"],
    ["Arabic", "سلام", "كلام"],
    ["Hebrew", "שלום", "שכר"],
    ["Thai", "กขค", "กขง"],
    ["Devanagari", "कखग", "कखघ"],
    ["how often a consonant is there", "anna", "ana"],
    ["a name and none", "ann", ""],
  ])("else two users would wait for each other, or one lane do all the work: %s", (_what, a, b) => {
    expect(same("insensitive", a, b)).toBe(false);
  });

  test("what is no text is the same by its value alone", () => {
    const number = { ...textColumn("insensitive"), kind: "integer" as const };
    expect(equalityClass([number], ["10"])).not.toBe(equalityClass([number], ["1 0"]));
    const bytes = (...values: readonly number[]): string =>
      equalityClass([textColumn("insensitive")], [new Uint8Array(values)]);
    expect(bytes(0x41)).not.toBe(bytes(0x61));
    expect(bytes(0x61)).toBe(bytes(0x61));
    expect(bytes(0x61)).not.toBe(equalityClass([textColumn("insensitive")], ["61"]));
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
