import { expect, test } from "vitest";
import { type CatalogueColumn, toColumn } from "../../../../src/dialect/oracle/catalogue-column.ts";
import { decode, encode } from "../../../../src/dialect/oracle/codec.ts";
import {
  keyExpression,
  listExpression,
  parameter,
  readExpression,
  writeExpression,
} from "../../../../src/dialect/oracle/column-sql.ts";

const column = (DATA_TYPE: string, more: Partial<CatalogueColumn> = {}) =>
  toColumn({
    COLUMN_NAME: "A",
    DATA_TYPE,
    DATA_LENGTH: "22",
    CHAR_LENGTH: "0",
    CHAR_USED: null,
    DATA_PRECISION: null,
    DATA_SCALE: null,
    NULLABLE: "Y",
    DATA_DEFAULT: null,
    VIRTUAL_COLUMN: "NO",
    COLLATION: null,
    ...more,
  });

test("an empty text is NULL, as the database has it", () => {
  expect(encode(column("VARCHAR2"), "")).toBeNull();
  expect(encode(column("VARCHAR2"), " ")).toBe(" ");
  expect(decode(column("VARCHAR2"), null)).toBeNull();
});

test("numbers keep every digit and get the zero before the point", () => {
  const number = column("NUMBER", { DATA_PRECISION: "38", DATA_SCALE: "4" });
  expect(decode(number, ".5")).toBe("0.5");
  expect(decode(number, "-.25")).toBe("-0.25");
  expect(decode(number, "9007199254740993.0001")).toBe("9007199254740993.0001");
});

test("timestamps move as text without a zone and are cut, not rounded", () => {
  const timestamp = column("TIMESTAMP(6)", { DATA_SCALE: "6" });
  expect(readExpression(timestamp, "t")).toBe(`TO_CHAR(t."A", 'YYYY-MM-DD HH24:MI:SS.FF6')`);
  expect(decode(timestamp, "2021-03-04 05:06:07.120000")).toBe("2021-03-04 05:06:07.12");
  expect(encode(timestamp, "2021-03-04 05:06:07.1234567")).toBe("2021-03-04 05:06:07.123456");
  expect(parameter(timestamp, "2021-03-04 05:06:07")).toBe("2021-03-04 05:06:07.0");
  expect(parameter(column("DATE"), "2021-03-04 05:06:07.9")).toBe("2021-03-04 05:06:07");
  expect(encode(timestamp, "0000-00-00 00:00:00")).toBe("0001-01-01 00:00:00");
  expect(decode(timestamp, "0001-01-01 00:00:00.000000")).toBe("0000-00-00 00:00:00");
});

test("a CHAR key is compared as a CHAR, with its blanks", () => {
  const char = column("CHAR", { CHAR_USED: "C", CHAR_LENGTH: "36", DATA_LENGTH: "144" });
  expect(char).toMatchObject({ type: "CHAR(36 CHAR)", equality: "padded" });
  expect(keyExpression(char)).toBe("CAST(? AS CHAR(36 CHAR))");
  expect(writeExpression(char)).toBe("?");
});

test("a BLOB takes a BLOB from a list: of bytes, of long ones, of none", () => {
  const [short, long] = [new Uint8Array([1]), new Uint8Array(2_001)];
  expect(listExpression(column("BLOB"), [short, null])).toBe("TO_BLOB(?)");
  expect(listExpression(column("BLOB"), [short, long])).toBe("?");
  expect(listExpression(column("BLOB"), [null, null])).toBe("TO_BLOB(HEXTORAW(?))");
  expect(listExpression(column("RAW", { DATA_LENGTH: "16" }), [null])).toBe("HEXTORAW(?)");
  expect(listExpression(column("RAW", { DATA_LENGTH: "16" }), [short])).toBe("?");
  expect(listExpression(column("CLOB"), [null])).toBe("?");
});

test("the catalogue's lines become types as DDL writes them", () => {
  const text = { CHAR_USED: "B", CHAR_LENGTH: "255", DATA_LENGTH: "255" };
  expect(column("VARCHAR2", text).type).toBe("VARCHAR2(255 BYTE)");
  expect(column("VARCHAR2", { ...text, COLLATION: "BINARY_CI" })).toMatchObject({
    type: "VARCHAR2(255 BYTE) COLLATE BINARY_CI",
    equality: "insensitive",
  });
  expect(column("NUMBER")).toMatchObject({ type: "NUMBER", kind: "decimal" });
  expect(column("NUMBER", { DATA_SCALE: "0" })).toMatchObject({ type: "NUMBER(*,0)", kind: "integer" });
  expect(column("NUMBER", { DATA_PRECISION: "1", DATA_SCALE: "0" })).toMatchObject({ type: "NUMBER(1,0)" });
  expect(column("TIMESTAMP(6) WITH TIME ZONE").kind).toBe("other");
  expect(column("VARCHAR2", { DATA_DEFAULT: "'NONE' \n" }).default).toBe("'NONE'");
});
