import { expect, test } from "vitest";
import type { TargetTable } from "../../../../src/contract/sync-plan.ts";
import { type CatalogueColumn, toColumn } from "../../../../src/dialect/oracle/catalogue-column.ts";
import { classifyError } from "../../../../src/dialect/oracle/classify-error.ts";
import { keyParameter, parameter } from "../../../../src/dialect/oracle/column-sql.ts";
import { isHeld, NationalText } from "../../../../src/dialect/oracle/holdable.ts";
import { oracle } from "../../../../src/dialect/oracle/index.ts";
import { deletion, merge } from "../../../../src/dialect/oracle/write-rows.ts";

const column = (DATA_TYPE: string, CHARSET: string, COLUMN_NAME = "K") =>
  toColumn({
    COLUMN_NAME,
    DATA_TYPE,
    DATA_LENGTH: "40",
    CHAR_LENGTH: "40",
    CHAR_USED: "C",
    DATA_PRECISION: null,
    DATA_SCALE: null,
    NULLABLE: "N",
    DATA_DEFAULT: null,
    VIRTUAL_COLUMN: "NO",
    COLLATION: null,
    CHARSET,
  } satisfies CatalogueColumn);

test.each([
  ["WE8ISO8859P1", "zoë ÿ \u0080", "Œuvre €"],
  ["WE8MSWIN1252", "Œuvre € “q”", "Łódź"],
  ["WE8ISO8859P15", "€ Œ", "½"],
  ["EE8ISO8859P2", "Łódź Dvořák", "ñ"],
  ["CL8MSWIN1251", "Иван Їжак", "ñ"],
  ["US7ASCII", "plain ?", "é"],
  ["AL32UTF8", "日本語 😀", undefined],
  ["JA16SJIS", "日本語 😀", undefined],
])("%s holds %s and not %s", (charset, held, lost) => {
  expect(isHeld(column("VARCHAR2", charset), held)).toBe(true);
  if (lost !== undefined) expect(isHeld(column("VARCHAR2", charset), lost)).toBe(false);
  expect(isHeld(column("NVARCHAR2", charset), `${held}${lost}`)).toBe(true);
});

test("a key that the database cannot hold is looked for as NULL, which equals nothing", () => {
  const narrow = column("VARCHAR2", "WE8ISO8859P1");
  expect(keyParameter(narrow, "Иван")).toBeNull();
  expect(keyParameter(narrow, "zoë")).toBe("zoë");
  const { params } = oracle.sql.readRows("T", [narrow], [narrow], [["zoë"], ["Иван"]]);
  expect(params).toEqual(["zoë", null]);
  expect(oracle.sql.readKeyRange("T", [narrow], [narrow], ["zoë"], 5).params).toEqual(["zoë", 5]);
});

test("a row whose letters would be replaced is refused before it is sent, its deletion is not", () => {
  const narrow = column("VARCHAR2", "WE8ISO8859P1");
  const table = {
    target: { name: "T", columns: [narrow], primaryKey: ["K"], uniqueKeys: [], foreignKeys: [] },
    targetColumns: [{ name: "K", target: narrow }],
    key: [{ name: "K", target: narrow }],
    targetUniqueKeys: [],
  } satisfies TargetTable;
  expect(() => merge(table, [{ K: "zoë" }, { K: "Иван" }], [])).toThrow(
    expect.objectContaining({ code: "LETTER_LOST" }),
  );
  expect(classifyError({ code: "LETTER_LOST" })).toMatchObject({ class: "row" });
  expect(deletion(table, [["zoë"], ["Иван"]]).params).toEqual([["zoë", null]]);
});

test("a text for a national column does not pass through a narrower character set", () => {
  expect(parameter(column("NVARCHAR2", "WE8ISO8859P1"), "Иван")).toEqual(new NationalText("Иван"));
  expect(parameter(column("NVARCHAR2", "WE8ISO8859P1"), "ann")).toBe("ann");
  expect(parameter(column("NVARCHAR2", "AL32UTF8"), "Иван")).toBe("Иван");
});
