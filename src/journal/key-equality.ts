import type { Column } from "../dialect/table-schema.ts";
import type { Value } from "../row.ts";
import type { Key } from "./change.ts";

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
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  ł: "l",
  ı: "i",
  þ: "th",
  ŋ: "n",
};

/** Scripts whose letters every collation tells apart once case and marks are gone. */
const DISTINCT =
  /[ -~\p{Script=Han}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hangul}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Thai}\p{Script=Devanagari}]/u;

const PLAIN = /^[ -~]*$/;

/** Older collations give all rarer characters, emoji above all, one and the same weight: so does this. */
function foldInsensitive(text: string): string {
  // Token ids and most names: worth a short cut, since this is asked for every change.
  if (PLAIN.test(text)) return text.toLowerCase().trimEnd();
  let folded = "";
  for (const char of text
    .normalize("NFKD")
    .replace(/[\p{M}\p{C}]/gu, "")
    .toLowerCase()) {
    folded += EQUATED[char] ?? (DISTINCT.test(char) ? char : "\ufffd");
  }
  return folded.replace(/[\s\ufffd]+$/u, "");
}
