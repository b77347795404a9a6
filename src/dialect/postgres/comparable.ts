/**
 * The one place where a value of ours becomes something that a column can be compared with. The server converts a
 * parameter to the database's encoding and refuses the whole statement for a letter that it lacks (22P05); a NUL has no
 * place in any text (22021). No row can hold such a key: it has to equal nothing, so it is given as NULL.
 */
import type { ResultReader } from "../../db/database.ts";
import type { Value } from "../../row.ts";
import type { Param } from "../dialect.ts";
import type { Column } from "../table-schema.ts";
import { encode } from "./codec.ts";
import { text } from "./column-sql.ts";

/** Texts that have to be looked at by `keysResolver` before they are sent: one, or the elements of an array. */
class KeyTexts {
  readonly texts: readonly (string | null)[];
  readonly isArray: boolean;

  constructor(texts: readonly (string | null)[], isArray: boolean) {
    this.texts = texts;
    this.isArray = isArray;
  }
}

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

const BITS: Readonly<Record<string, bigint>> = { smallint: 15n, integer: 31n, bigint: 63n };

/** What is no value of the column's type would be refused by the cast. */
function keyText(column: Column, value: Value): string | null {
  const encoded = text(encode(column, value));
  if (typeof encoded !== "string") return null;
  const form = NUMBERS[column.kind];
  if (form === undefined) return encoded;
  if (!form.test(encoded)) return null;
  const bits = BITS[column.type];
  const isTooLarge = bits !== undefined && BigInt.asIntN(Number(bits) + 1, BigInt(encoded)) !== BigInt(encoded);
  return isTooLarge ? null : encoded;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: every character of ASCII is meant.
const ASCII = /^[\x01-\x7f]*$/;
const NUL = "\0";

/** Every letter has its place there, or is not looked at. */
const TAKES_ALL = new Set(["UTF8", "SQL_ASCII"]);

/** "a text has a character that the database's encoding cannot hold" */
const UNTRANSLATABLE = "22P05";

/** Makes texts of key parameters; asks the database for its encoding once, and once for each letter that may be lacking. */
export function keysResolver(): NonNullable<ResultReader["resolve"]> {
  const known = new Map<string, boolean>([[NUL, false]]);
  let encoding: string | undefined;

  return (params, ask) => {
    const keys = params.filter((param) => (param as unknown) instanceof KeyTexts) as unknown as KeyTexts[];
    if (keys.length === 0) return params;
    const foreign = keys.flatMap(({ texts }) => texts.filter((one) => one !== null && !ASCII.test(one)));
    if (foreign.length === 0) return params.map((param) => asTexts(param, () => true));
    return learn(new Set(foreign.flatMap((one) => [...(one ?? "")]))).then(() =>
      params.map((param) => asTexts(param, isHeld)),
    );

    async function learn(letters: ReadonlySet<string>): Promise<void> {
      encoding ??= String((await ask("SELECT current_setting('server_encoding') AS encoding", []))[0]?.["encoding"]);
      if (TAKES_ALL.has(encoding)) return;
      await tryOut([...letters].filter((letter) => !known.has(letter)));
    }

    /** All at once, in halves when one of them is refused. */
    async function tryOut(letters: readonly string[]): Promise<void> {
      if (letters.length === 0) return;
      try {
        const bytes = Buffer.from(letters.join(""), "utf8").toString("hex");
        await ask("SELECT convert(decode(?, 'hex'), 'UTF8', ?)", [bytes, encoding ?? ""]);
        for (const letter of letters) known.set(letter, true);
      } catch (error) {
        if ((error as { code?: unknown }).code !== UNTRANSLATABLE) throw error;
        const half = Math.ceil(letters.length / 2);
        if (letters.length === 1) known.set(letters.join(), false);
        else for (const part of [letters.slice(0, half), letters.slice(half)]) await tryOut(part);
      }
    }
  };

  function isHeld(one: string): boolean {
    if (ASCII.test(one)) return true;
    for (const letter of one) if (known.get(letter) === false) return false;
    return true;
  }
}

function asTexts(param: Param, isHeld: (one: string) => boolean): Param {
  const keys: unknown = param;
  if (!(keys instanceof KeyTexts)) return param;
  const texts = keys.texts.map((one) => (one === null || isHeld(one) ? one : null));
  return keys.isArray ? texts : (texts[0] ?? null);
}
