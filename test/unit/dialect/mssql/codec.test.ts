import { expect, test } from "vitest";
import { type CatalogueColumn, toColumn } from "../../../../src/dialect/mssql/catalogue-column.ts";
import { decode, encode } from "../../../../src/dialect/mssql/codec.ts";

const column = (base: string, more: Partial<CatalogueColumn> = {}) =>
  toColumn({
    name: "A",
    base,
    length: 8,
    precision: 0,
    scale: 3,
    collation: null,
    nullable: true,
    numbered: false,
    computed: false,
    generated: 0,
    dflt: null,
    ...more,
  });

test("a datetime takes the step of a three-hundredth below, and keeps one that it printed itself", () => {
  const datetime = column("datetime");
  const at = (fraction: string) => encode(datetime, `2021-03-04 23:59:59${fraction}`);
  expect(at(".999999")).toBe("2021-03-04 23:59:59.997");
  expect(at(".126")).toBe("2021-03-04 23:59:59.123");
  expect(at(".123")).toBe("2021-03-04 23:59:59.123");
  expect(at(".121999")).toBe("2021-03-04 23:59:59.120");
  expect(at(".5")).toBe("2021-03-04 23:59:59.500");
  expect(at("")).toBe("2021-03-04 23:59:59");
});

test("a datetime2 is cut to its digits, a smalldatetime to the minute", () => {
  expect(encode(column("datetime2", { scale: 6 }), "2021-03-04 05:06:07.1234567")).toBe(
    "2021-03-04 05:06:07.123456",
  );
  expect(encode(column("datetime2", { scale: 0 }), "2021-03-04 05:06:07.999")).toBe("2021-03-04 05:06:07");
  expect(encode(column("smalldatetime"), "2021-03-04 05:06:59")).toBe("2021-03-04 05:06:00");
});

test("the zero date is each type's first moment, and comes back", () => {
  for (const [base, first] of [
    ["datetime", "1753-01-01 00:00:00"],
    ["datetime2", "0001-01-01 00:00:00"],
  ] as const) {
    expect(encode(column(base), "0000-00-00 00:00:00")).toBe(first);
    expect(decode(column(base), `${first}.000`)).toBe("0000-00-00 00:00:00");
  }
});

test("bits, bytes, 64-bit numbers and NULL stay what they are", () => {
  expect(decode(column("bit"), true)).toBe("1");
  expect(decode(column("bit"), false)).toBe("0");
  expect(decode(column("bigint"), "9223372036854775807")).toBe("9223372036854775807");
  expect(decode(column("varbinary"), Buffer.from([0, 255]))).toEqual(Buffer.from([0, 255]));
  expect(decode(column("datetime"), null)).toBeNull();
  expect(encode(column("bit"), "t")).toBe("1");
});

test("the catalogue's lines become types as DDL writes them", () => {
  const text = { collation: "Latin1_General_CI_AS" };
  expect(column("nvarchar", { ...text, length: 510 })).toMatchObject({
    type: "nvarchar(255) COLLATE Latin1_General_CI_AS",
    kind: "text",
    maxLength: 255,
    equality: "insensitive",
  });
  expect(column("varchar", { ...text, length: -1 }).type).toBe("varchar(max) COLLATE Latin1_General_CI_AS");
  expect(column("varchar", { collation: "Latin1_General_BIN2", length: 10 }).equality).toBe("padded");
  expect(column("decimal", { precision: 18, scale: 2 }).type).toBe("decimal(18,2)");
  expect(column("datetime2", { scale: 7 })).toMatchObject({ type: "datetime2(7)", fraction: 7 });
  expect(column("timestamp")).toMatchObject({ kind: "binary", generated: true });
  expect(column("int", { numbered: true }).default).toBe("IDENTITY");
});
