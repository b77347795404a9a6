import type { Key } from "../contract/change.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Value } from "../row.ts";

/**
 * A text that is the same for every two keys the target database could take for equal. It may also be the same for
 * keys that the database tells apart: the caller keeps such changes in order instead of trusting it.
 */
export function equalityClass(columns: readonly Column[], key: Key): string {
  return JSON.stringify(key.map((value, i) => fold(columns[i], value)));
}

/** Text of a key, equal for the same bytes only. */
export function exactKey(key: Key): string {
  return JSON.stringify(
    key.map((value) => (value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : value)),
  );
}

function fold(column: Column | undefined, value: Value): unknown {
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString("hex") };
  if (value === null || column === undefined || column.kind !== "text") return value;
  if (column.equality === "exact") return value;
  if (column.equality === "padded") return value.replace(/ +$/, "");
  return foldInsensitive(value);
}

// Letters that some collation equates with others beyond case and accent.
const EQUATED: Readonly<Record<string, string>> = {
  ...{
    ß: "s",
    æ: "a",
    œ: "a",
    ø: "a",
    đ: "d",
    ð: "d",
    ł: "l",
    ı: "a",
    þ: "th",
    ŋ: "n",
    ħ: "h",
    ŧ: "t",
    ĸ: "k",
  },
  ...{ ς: "σ", ґ: "г", ן: "נ", ץ: "צ", ם: "מ", ף: "פ", ך: "כ", ʣ: "dz", ʦ: "ts", ƶ: "z", ƀ: "b" },
};

/** Scripts whose letters collations tell apart, but for case, marks and the few above. */
const DISTINCT =
  /[\p{Script=Han}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hangul}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Thai}\p{Script=Devanagari}]/u;

const BEYOND_ASCII = /[\u0080-\uffff]/;

const DIGIT = /^\p{Nd}$/u;

/** What each character of ASCII counts as; signs that are no letter in any collation count nothing. */
const ASCII: readonly string[] = Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code).toLowerCase();
  if (/[@[\]\\^`{|}~aeioujvwy]/.test(char)) return "a";
  return /[a-z0-9]/.test(char) ? char : "";
});

/**
 * No two texts that some collation takes for equal give two results, as far as collations follow a language: German has
 * ä = ae, Swedish ü = y, v = w and å = [ (as its keyboards had), Lithuanian i = y, classical Latin i = j and u = v; some
 * pass over blanks, hyphens and all rarer characters. So vowels and what stands for them are one, runs of them as well.
 */
function foldInsensitive(text: string): string {
  const plain = BEYOND_ASCII.test(text) ? withoutMarks(text) : text;
  let folded = "";
  let last = "";
  // In one pass over the characters' numbers: this is asked for every change.
  for (let i = 0; i < plain.length; i++) {
    const char = ASCII[plain.charCodeAt(i)] ?? plain.charAt(i);
    if (char === "" || (char === last && (char === "a" || char === "s"))) continue;
    folded += char;
    last = char;
  }
  return folded;
}

/** Letters of ASCII for those that are equal to some, the others of their scripts; what else there is counts nothing. */
function withoutMarks(text: string): string {
  let plain = "";
  for (const char of text
    .normalize("NFKD")
    .replace(/[\p{M}\p{C}]/gu, "")
    .toLowerCase()) {
    if (!BEYOND_ASCII.test(char)) plain += char;
    else if (DIGIT.test(char)) plain += digitOf(char);
    else plain += EQUATED[char] ?? (DISTINCT.test(char) ? char : "");
  }
  return plain;
}

/** The digits of a script stand in a row, from its zero. */
function digitOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  let digit = 0;
  while (digit < 9 && DIGIT.test(String.fromCodePoint(code - digit - 1))) digit += 1;
  return String(digit);
}
