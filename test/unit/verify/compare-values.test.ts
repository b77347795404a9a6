import { expect, test } from "vitest";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import type { Column, ColumnKind } from "../../../src/contract/table-schema.ts";
import { mysql } from "../../../src/dialect/mysql/index.ts";
import { postgres } from "../../../src/dialect/postgres/index.ts";
import { type ComparisonRules, comparable, rowComparer } from "../../../src/verify/compare-values.ts";

const rules = (target = postgres, emptyIsNull = false): ComparisonRules => ({
  target,
  emptyIsNull,
  ignore: [],
});

const column = (kind: ColumnKind, type: string, more: Partial<Column> = {}): Column => ({
  name: "c",
  type,
  kind,
  nullable: true,
  default: null,
  generated: false,
  equality: "exact",
  ...more,
});

test("numbers are equal whatever zeros, plus signs or minus zeros they are spelt with", () => {
  const decimal = column("decimal", "numeric(20,4)");
  expect(comparable(decimal, rules(), "1.50")).toBe("1.5");
  expect(comparable(decimal, rules(), "+001.5000")).toBe("1.5");
  expect(comparable(decimal, rules(), "-0.00")).toBe("0");
  expect(comparable(decimal, rules(), ".5")).toBe("0.5");
  expect(comparable(decimal, rules(), "-12345678901234567890.1230")).toBe("-12345678901234567890.123");
  expect(comparable(column("integer", "bigint"), rules(), "9007199254740993")).toBe("9007199254740993");
  expect(comparable(column("float", "double precision"), rules(), "1e2")).toBe("100");
});

test("a timestamp counts as what the target's precision makes of it", () => {
  const seconds = column("timestamp", "timestamp(0)", { fraction: 0 });
  const micros = column("timestamp", "datetime(6)", { fraction: 6 });
  expect(comparable(seconds, rules(), "2021-03-04 05:06:07.999")).toBe("2021-03-04 05:06:07");
  expect(comparable(micros, rules(mysql), "2021-03-04 05:06:07.120000")).toBe("2021-03-04 05:06:07.12");
  expect(comparable(micros, rules(mysql), "2021-03-04 05:06:07.000000")).toBe("2021-03-04 05:06:07");
});

test("a zero date is equal to what stands for it on PostgreSQL", () => {
  const timestamp = column("timestamp", "timestamp", { fraction: 6 });
  expect(comparable(timestamp, rules(), "0000-00-00 00:00:00")).toBe("-infinity");
  expect(comparable(timestamp, rules(mysql), "0000-00-00 00:00:00")).toBe("0000-00-00 00:00:00");
});

test("an empty text is NULL only where one of the databases takes it for NULL", () => {
  const text = column("text", "varchar(10)");
  expect(comparable(text, rules(), "")).toBe("");
  expect(comparable(text, rules(postgres, true), "")).toBeNull();
  expect(comparable(text, rules(), null)).toBeNull();
});

test("blanks at the end count in VARCHAR and not in CHAR", () => {
  expect(comparable(column("text", "character varying(10)"), rules(), "a ")).toBe("a ");
  expect(comparable(column("text", "varchar(10) CHARACTER SET utf8mb4"), rules(mysql), "a ")).toBe("a ");
  expect(comparable(column("text", "character(10)"), rules(), "a   ")).toBe("a");
  expect(comparable(column("text", "char(10) CHARACTER SET utf8mb4"), rules(mysql), "a ")).toBe("a");
});

test("bytes are compared as bytes, those of BINARY without the zeros it is filled up with", () => {
  expect(comparable(column("binary", "bytea"), rules(), Buffer.from([0, 255, 0]))).toBe("00ff00");
  expect(comparable(column("binary", "binary(4)"), rules(mysql), Buffer.from([1, 0, 0, 0]))).toBe("01");
});

test("a flag is one bit, however it is spelt", () => {
  const flag = column("boolean", "boolean");
  expect(["1", "t", "TRUE"].map((value) => comparable(flag, rules(), value))).toEqual(["1", "1", "1"]);
  expect(["0", "f", "false"].map((value) => comparable(flag, rules(), value))).toEqual(["0", "0", "0"]);
});

test("texts that differ differ, unless somebody knows that they are one secret, encrypted twice", () => {
  const secret = column("text", "varchar(100)", { name: "SECRET" });
  const table = { targetColumns: [{ name: "SECRET", target: secret }] } as unknown as TablePlan;
  const differing = (more: Partial<ComparisonRules> = {}): readonly string[] =>
    rowComparer(table, { ...rules(), ...more })({ SECRET: "x" }, { SECRET: "y" });
  expect(differing()).toEqual(["SECRET"]);
  expect(differing({ isSameSecret: () => false })).toEqual(["SECRET"]);
  expect(differing({ isSameSecret: () => true })).toEqual([]);
  expect(differing({ ignore: ["SECRET"] })).toEqual([]);
});

test("columns that the expected row does not have are not compared", () => {
  const table = {
    targetColumns: [{ name: "A", target: column("integer", "int", { name: "A" }) }],
  } as unknown as TablePlan;
  expect(rowComparer(table, rules())({}, { A: "1" })).toEqual([]);
  expect(rowComparer(table, rules())({ A: "2" }, { A: "1" })).toEqual(["A"]);
  expect(rowComparer(table, rules())({ A: null }, {})).toEqual([]);
});

test("the hash that WSO2's client made of no token says what null says, in columns of hashes alone", () => {
  const nothing = '{"algorithm":"SHA-256"}';
  const differing = (name: string, expected: string | null, found: string | null): readonly string[] =>
    rowComparer(
      { targetColumns: [{ name, target: column("text", "varchar(512)", { name }) }] } as unknown as TablePlan,
      rules(),
    )({ [name]: expected }, { [name]: found });
  expect(differing("ACCESS_TOKEN_HASH", null, nothing)).toEqual([]);
  expect(differing("ACCESS_TOKEN_HASH", null, '{"hash":"00","algorithm":"SHA-256"}')).toEqual([
    "ACCESS_TOKEN_HASH",
  ]);
  expect(differing("ACCESS_TOKEN_HASH", "x", nothing)).toEqual(["ACCESS_TOKEN_HASH"]);
  expect(differing("TOKEN_STATE", null, nothing)).toEqual(["TOKEN_STATE"]);
});

test("a secret is looked into only where both sides have a text", () => {
  const table = (kind: ColumnKind, type: string): TablePlan =>
    ({ targetColumns: [{ name: "C", target: column(kind, type, { name: "C" }) }] }) as unknown as TablePlan;
  const always = { ...rules(), isSameSecret: () => true };
  expect(rowComparer(table("text", "varchar(9)"), always)({ C: "x" }, { C: null })).toEqual(["C"]);
  expect(rowComparer(table("text", "varchar(9)"), always)({ C: null }, { C: "x" })).toEqual(["C"]);
  expect(rowComparer(table("integer", "int"), always)({ C: "1" }, { C: "2" })).toEqual(["C"]);
});

test("every column that differs is named, in the order of the table", () => {
  const targetColumns = ["A", "B", "C"].map((name) => ({ name, target: column("text", "text", { name }) }));
  const compare = rowComparer({ targetColumns } as unknown as TablePlan, rules());
  expect(compare({ A: "1", B: "2", C: "3" }, { A: "x", B: "2", C: "y" })).toEqual(["A", "C"]);
});

test("a single-precision number is as exact as the column, a double one as itself", () => {
  const same = (type: string, a: string, b: string): boolean =>
    comparable(column("float", type), rules(mysql), a) === comparable(column("float", type), rules(mysql), b);
  for (const type of ["float", "real", "binary_float", "FLOAT(24)"])
    expect(same(type, "0.1", "0.10000000149")).toBe(true);
  for (const type of ["double", "float(53)", "double precision"])
    expect(same(type, "0.1", "0.10000000149")).toBe(false);
});

test("a time without a fraction keeps its zeros, one with a fraction loses those at its end", () => {
  const time = column("time", "time(6)", { fraction: 6 });
  expect(comparable(time, rules(), "10:00:00")).toBe("10:00:00");
  expect(comparable(time, rules(), "10:20:30.500000")).toBe("10:20:30.5");
  expect(comparable(time, rules(), "10:00:00.000000")).toBe("10:00:00");
});

test("CHAR in all its names is filled up with blanks, VARCHAR in none of its own", () => {
  const cut = (type: string): string | null => comparable(column("text", type), rules(), "a ");
  expect(["nchar(4)", "bpchar", "CHAR(4)", "character(4)", "bpchar(4)"].map(cut)).toEqual([
    "a",
    "a",
    "a",
    "a",
    "a",
  ]);
  expect(["nvarchar(4)", "character varying(4)", "text", "varchar2(4 char)"].map(cut)).toEqual([
    "a ",
    "a ",
    "a ",
    "a ",
  ]);
});

test("bytes of VARBINARY keep the zeros at their end", () => {
  expect(comparable(column("binary", "varbinary(4)"), rules(mysql), Buffer.from([1, 0]))).toBe("0100");
});

test("what is no number stays as it is written, and so differs", () => {
  const decimal = column("decimal", "numeric");
  expect(comparable(decimal, rules(), "NaN")).toBe("NaN");
  expect(comparable(decimal, rules(), "-0.5")).toBe("-0.5");
  expect(comparable(decimal, rules(), "00")).toBe("0");
  expect(comparable(decimal, rules(), "100")).toBe("100");
});

test("zero bytes count inside a BINARY column and in any other, and not at its end", () => {
  const bytes = (...all: number[]) => Uint8Array.from(all);
  const fixed = column("binary", "binary(8)");
  expect(comparable(fixed, rules(), bytes(1, 0, 0))).toBe("01");
  expect(comparable(fixed, rules(), bytes(0, 1))).toBe("0001");
  expect(comparable(column("binary", "varbinary(8)"), rules(), bytes(1, 0))).toBe("0100");
});

test("a text that is no number stays as it is where numbers are compared", () => {
  const integer = column("integer", "int");
  for (const text of ["", " ", "1e2", "one"]) expect(comparable(integer, rules(mysql), text)).toBe(text);
});
