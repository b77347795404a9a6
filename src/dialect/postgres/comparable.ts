import type { Param } from "../../db/param.ts";
/**
 * The one place where a value of ours becomes something that a column can be compared with: what no row can hold is given
 * as NULL, which equals nothing, for the server would refuse the whole statement.
 */

import type { Column } from "../../contract/table-schema.ts";
import type { Value } from "../../row.ts";
import { encode } from "./codec.ts";
import { text } from "./column-sql.ts";
import { KeyTexts } from "./holdable.ts";

const asParam = (texts: KeyTexts): Param => texts as unknown as Param;

/** A value to compare a column with. */
export const comparable = (column: Column, value: Value): Param =>
  asParam(new KeyTexts([keyText(column, value)], false));

/** Values to compare a column with, as a text[]. */
export const comparables = (column: Column, values: readonly Value[]): Param =>
  asParam(
    new KeyTexts(
      values.map((value) => keyText(column, value)),
      true,
    ),
  );

const NUMBERS: Readonly<Record<string, RegExp>> = {
  integer: /^[+-]?\d+$/,
  decimal: /^([+-]?\d+(\.\d+)?|NaN|-?Infinity)$/,
  float: /^([+-]?\d+(\.\d+)?(e[+-]?\d+)?|NaN|-?Infinity)$/i,
};

const UUID = /^\{?[0-9a-f]{4}(-?[0-9a-f]{4}){7}\}?$/i;

const BITS: Readonly<Record<string, bigint>> = { smallint: 15n, integer: 31n, bigint: 63n };

/** What is no value of the column's type would be refused by the cast. */
function keyText(column: Column, value: Value): string | null {
  const encoded = text(encode(column, value));
  if (typeof encoded !== "string") return null;
  const form = column.type === "uuid" ? UUID : NUMBERS[column.kind];
  if (form === undefined) return encoded;
  if (!form.test(encoded)) return null;
  const bits = BITS[column.type];
  const isTooLarge =
    bits !== undefined && BigInt.asIntN(Number(bits) + 1, BigInt(encoded)) !== BigInt(encoded);
  return isTooLarge ? null : encoded;
}
