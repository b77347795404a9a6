import type { Column } from "../../contract/table-schema.ts";
import { quote } from "./connect.ts";

/** The type's name alone: "varchar" of "varchar(255) COLLATE ...". */
export const baseType = (column: Column): string => /^[a-z0-9_]+/.exec(column.type)?.[0] ?? "";

/** The collation that the column's type names; "" for types without one. */
const collation = (column: Column): string => / COLLATE (\S+)$/.exec(column.type)?.[1] ?? "";

/** A text type of one byte per character outside UTF-8: what its code page lacks would silently become "?". */
export const hasCodePage = (column: Column): boolean =>
  /^(varchar|char|text)$/.test(baseType(column)) && !/_UTF8$/i.test(collation(column));

/**
 * The column as the reader wants it: whatever the driver would make a JavaScript number or Date of is turned into text
 * by the server (Transact-SQL reference, "CAST and CONVERT": style 121 is ISO, 23 a date, 3 a float's every digit, 2 a
 * money's four).
 */
export function readExpression(column: Column, table: string): string {
  const name = `${table}.${quote(column.name)}`;
  switch (baseType(column)) {
    case "decimal":
    case "numeric":
      return `CONVERT(varchar(50), ${name})`;
    case "money":
    case "smallmoney":
      return `CONVERT(varchar(50), ${name}, 2)`;
    case "float":
    case "real":
      return `CONVERT(varchar(50), ${name}, 3)`;
    case "datetime":
    case "smalldatetime":
    case "datetime2":
    case "datetimeoffset":
    case "time":
      return `CONVERT(varchar(40), ${name}, 121)`;
    case "date":
      return `CONVERT(varchar(10), ${name}, 23)`;
    case "uniqueidentifier":
      return `CONVERT(varchar(36), ${name})`;
    default:
      return column.kind === "other" ? `CONVERT(nvarchar(max), ${name})` : name;
  }
}

/**
 * A text (hexadecimal for bytes) as a value to assign. Texts are left as they are: a conversion to varchar(n) would cut
 * in silence what the assignment refuses.
 */
export function writeExpression(column: Column, text: string): string {
  const type = column.type;
  switch (column.kind) {
    case "text":
      return text;
    case "binary":
      return `CONVERT(varbinary(max), ${text}, 2)`;
    case "timestamp":
      return `CONVERT(${type}, ${text}, 121)`;
    case "date":
      return `CONVERT(date, ${text}, 23)`;
    case "float":
      return `CONVERT(float, ${text})`;
    default:
      return `CONVERT(${type}, ${text})`;
  }
}

/**
 * A text as a value to compare a column with: of the column's own type and collation, so that its index is used. A
 * driver's text is nvarchar, which would turn the column instead.
 */
export function keyExpression(column: Column, text: string): string {
  if (column.kind !== "text") return writeExpression(column, text);
  const collated = collation(column) === "" ? text : `${text} COLLATE ${collation(column)}`;
  switch (baseType(column)) {
    case "varchar":
    case "char":
      return `CONVERT(varchar(8000), ${collated})`;
    default:
      return `CONVERT(nvarchar(4000), ${collated})`;
  }
}

/**
 * The condition that a column holds a key's text. When the keys are not plain ASCII, one that the column's code page
 * cannot hold must match nothing, and not the row whose key has a question mark in that place.
 */
export function keyEquals(column: Column, left: string, text: string, isAscii: boolean): string {
  const equals = `${left} = ${keyExpression(column, text)}`;
  return isAscii || !hasCodePage(column) ? equals : `${equals} AND NOT (${isLossy(column, text)})`;
}

/** The condition that a text would lose characters in the column. */
export function isLossy(column: Column, text: string): string {
  const there = `CONVERT(varchar(max), ${text} COLLATE ${collation(column)})`;
  return `CONVERT(nvarchar(max), ${there}) <> ${text} COLLATE Latin1_General_BIN2`;
}

/** The bytes of a key, for comparing it exactly: collations take letters of another case and trailing blanks for equal. */
export const keyBytes = (value: string): string => `CONVERT(varbinary(8000), ${value})`;
