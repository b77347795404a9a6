/**
 * What a database's character set cannot hold. The server replaces such a letter by another one, without an error
 * ("Database Globalization Support Guide", "Character Set Conversion"): a text would be written damaged, and a key with
 * it would meet the row of another.
 */

import type { Column } from "../../contract/table-schema.ts";
import type { Value } from "../../row.ts";

/** Oracle's character sets of one byte ("Database Globalization Support Guide", "Locale Data"), by the names that Node knows. */
const LABELS: Readonly<Record<string, string>> = {
  US7ASCII: "ascii",
  WE8ISO8859P1: "latin1",
  WE8MSWIN1252: "windows-1252",
  WE8ISO8859P15: "iso-8859-15",
  EE8ISO8859P2: "iso-8859-2",
  EE8MSWIN1250: "windows-1250",
  CL8ISO8859P5: "iso-8859-5",
  CL8MSWIN1251: "windows-1251",
  CL8KOI8R: "koi8-r",
  EL8ISO8859P7: "iso-8859-7",
  EL8MSWIN1253: "windows-1253",
  TR8MSWIN1254: "windows-1254",
  IW8MSWIN1255: "windows-1255",
  AR8MSWIN1256: "windows-1256",
  BLT8MSWIN1257: "windows-1257",
};

const known = new Map<string, ReadonlySet<string>>();

/** The letters beyond ASCII of a character set of one byte; undefined where they are not known here. */
function lettersOf(charset: string): ReadonlySet<string> | undefined {
  const label = LABELS[charset];
  if (label === undefined) return undefined;
  let letters = known.get(charset);
  if (letters === undefined) {
    letters = new Set(lettersFor(label));
    known.set(charset, letters);
  }
  return letters;
}

/** What windows-1252 has in the place of latin1's control characters. Node 20 reads it as latin1 (nodejs/node #56542). */
const WINDOWS_1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";

function lettersFor(label: string): readonly string[] {
  if (label === "ascii") return [];
  const bytes = Buffer.from(Array.from({ length: 128 }, (_, i) => 128 + i));
  // The Web's latin1 is windows-1252, Node's own is not.
  if (label === "latin1") return [...bytes.toString("latin1")];
  if (label === "windows-1252") return [...WINDOWS_1252, ...bytes.subarray(32).toString("latin1")];
  return [...new TextDecoder(label).decode(bytes)].filter((letter) => letter !== "\ufffd");
}

/** NVARCHAR2, NCHAR and NCLOB have the national character set, which holds every letter. */
export const isNational = (column: Column): boolean => /^N(VARCHAR2|CHAR|CLOB)/.test(column.type);

/** Whether the column's text is in a character set that lacks letters of others. */
export const isNarrow = ({ charset }: Column): boolean =>
  charset !== undefined && charset !== "AL32UTF8" && charset !== "UTF8";

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Whether the column can hold a value. A character set that is not known here is taken to hold everything. */
export function isHeld(column: Column, value: Value): boolean {
  if (typeof value !== "string" || !isNarrow(column) || isNational(column) || !BEYOND_ASCII.test(value))
    return true;
  const letters = lettersOf(column.charset ?? "");
  if (letters === undefined) return true;
  for (const letter of value) if (BEYOND_ASCII.test(letter) && !letters.has(letter)) return false;
  return true;
}

/** A text for a national column, which must not go through the database's narrower character set on its way. */
export class NationalText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const mustBeNational = (column: Column, value: Value): boolean =>
  typeof value === "string" && isNational(column) && isNarrow(column) && BEYOND_ASCII.test(value);
