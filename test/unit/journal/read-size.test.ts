/** How many rows of a journal are read at once, whatever they may hold. */
import { describe, expect, test } from "vitest";
import type { Column } from "../../../src/contract/table-schema.ts";
import { createReadSize, READ_BYTES, rowBytes } from "../../../src/journal/read-size.ts";
import { column, openPair, schema } from "../../support/memory/pair.ts";

/** A journal of a table with these columns behind its key of 100 characters, and the statements it was asked. */
function journalOf(columns: readonly Column[], ...rows: readonly string[]) {
  const pair = openPair({ schemas: [schema("T", [column("ID"), ...columns])] });
  rows.forEach((text, i) => {
    pair.write("T", "INSERT", { ID: `${i + 1}`, [columns[0]?.name ?? ""]: text });
  });
  let asked = 0;
  pair.source.db.onStatement = () => {
    asked += 1;
  };
  return { size: createReadSize(pair.source, pair.table("T")), asked: () => asked };
}

const { maxLength: _, ...endless } = column("NAME");
const megabytes = (count: number): string => "x".repeat(count * 1_000_000);

describe("rows of narrow columns", () => {
  test("are read as many as are wanted, without asking for their sizes", async () => {
    const { size, asked } = journalOf([column("N", { kind: "integer" })], "1");
    expect([await size.rowsFrom(0n, 500), size.unasked, asked()]).toEqual([500, 100, 0]);
  });

  test("are read as many as would have four reads' bytes at the worst", async () => {
    const { size } = journalOf([column("NAME", { maxLength: 8_000 })]);
    expect(await size.rowsFrom(0n, 1_000_000)).toBe(Math.floor((4 * READ_BYTES) / 8_100));
    const { size: numbers } = journalOf([column("N", { kind: "integer", maxLength: 8_000 })]);
    expect(await numbers.rowsFrom(0n, 1_000_000)).toBe(Math.floor((4 * READ_BYTES) / 132));
  });

  test("are read a few at first, where many columns are as wide as narrow ones may be", async () => {
    const columns = Array.from({ length: 20 }, (_, i) => column(`C${i}`, { maxLength: 8_192 }));
    const { size } = journalOf(columns);
    expect(size.unasked).toBe(Math.floor((4 * READ_BYTES) / (20 * 8_192 + 100)));
  });
});

describe("rows of wide columns", () => {
  test.each([
    ["longer than 8,192", column("NAME", { maxLength: 8_193 })],
    ["of any length", endless],
    ["of bytes", { ...endless, kind: "binary" as const }],
    ["of a type that is not known", { ...endless, kind: "other" as const }],
  ])("%s are asked for their sizes, and are read as many as fit", async (_, wide) => {
    const { size, asked } = journalOf([wide], megabytes(1), megabytes(1), megabytes(1), megabytes(1));
    expect([await size.rowsFrom(1n, 10), asked(), size.unasked]).toEqual([3, 1, 10]);
    // From the second on, and no more than are wanted.
    expect([await size.rowsFrom(2n, 10), await size.rowsFrom(1n, 2)]).toEqual([10, 2]);
  });

  test("are read one at a time where one has more than a read may have", async () => {
    const { size } = journalOf([endless], megabytes(4), "x");
    expect(await size.rowsFrom(1n, 10)).toBe(1);
    expect(await size.rowsFrom(2n, 10)).toBe(10);
    expect(await size.rowsFrom(1n, 1)).toBe(1);
  });
});

test("a row's bytes are those of its values", () => {
  expect(rowBytes({ ID: "1", NAME: "four", BYTES: new Uint8Array(7), NONE: null })).toBe(12);
});
