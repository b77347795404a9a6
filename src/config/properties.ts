/**
 * Java .properties text, by the rules in the documentation of java.util.Properties.load: comments `#` and `!`, separators
 * `=`, `:` and blanks, `\` at the end of a line continues it, `\t \n \r \f \uXXXX`, any other `\x` is x. Pure.
 */

export interface PropertyEntry {
  readonly key: string;
  /** As Java would return it: blanks at its end are kept. */
  readonly value: string;
  /** First line of the entry, from 1. */
  readonly line: number;
}

export interface PropertiesText {
  readonly entries: readonly PropertyEntry[];
  /** Lines whose `\u` is not followed by four hexadecimal digits; Java refuses the whole file for one of them. */
  readonly malformed: readonly { readonly line: number }[];
}

const BLANKS = /^[ \t\f]+/;
const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

/** Entries in the order of the text; a key that occurs twice is there twice. A byte order mark is skipped. */
export function parseProperties(text: string): PropertiesText {
  const entries: PropertyEntry[] = [];
  const malformed: { line: number }[] = [];
  for (const { logical, line } of logicalLines(text)) {
    const [rawKey, rawValue] = splitEntry(logical);
    const key = unescapeText(rawKey);
    const value = unescapeText(rawValue);
    if (key === undefined || value === undefined) malformed.push({ line });
    else entries.push({ key, value, line });
  }
  return { entries, malformed };
}

/** Text that `parseProperties` reads back to the same keys and values, one entry per line, in ASCII. */
export function printProperties(entries: readonly Pick<PropertyEntry, "key" | "value">[]): string {
  return entries.map(({ key, value }) => `${escapeText(key, true)}=${escapeText(value, false)}\n`).join("");
}

function* logicalLines(text: string): Generator<{ logical: string; line: number }> {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  let logical = "";
  let start = 0;
  let continued = false;
  for (const [index, natural] of lines.entries()) {
    const content = natural.replace(BLANKS, "");
    if (logical === "") {
      // Java decides by the characters kept so far: after a line that is nothing but a backslash, a comment is a comment.
      if (content === "" || content.startsWith("#") || content.startsWith("!")) continue;
      start = index + 1;
    }
    continued = endsWithOddBackslashes(content);
    logical += continued ? content.slice(0, -1) : content;
    if (!continued && logical !== "") {
      yield { logical, line: start };
      logical = "";
    }
  }
  if (logical !== "") yield { logical, line: start };
}

function endsWithOddBackslashes(text: string): boolean {
  const tail = /\\+$/.exec(text);
  return tail !== null && tail[0].length % 2 === 1;
}

function splitEntry(logical: string): [string, string] {
  let end = 0;
  while (end < logical.length && !/[=: \t\f]/.test(logical.charAt(end))) {
    end += logical.charAt(end) === "\\" ? 2 : 1;
  }
  const separator = /^[ \t\f]*(?:[=:][ \t\f]*)?/.exec(logical.slice(end))?.[0] ?? "";
  return [logical.slice(0, end), logical.slice(end + separator.length)];
}

function unescapeText(text: string): string | undefined {
  if (/(?<!\\)(?:\\\\)*\\u(?![0-9A-Fa-f]{4})/.test(text)) return undefined;
  return text.replace(/\\(u[0-9A-Fa-f]{4}|.)/gs, (_, escaped: string) =>
    escaped.length === 5
      ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
      : (ESCAPES[escaped] ?? escaped),
  );
}

function escapeText(text: string, isKey: boolean): string {
  // Blanks inside a value are safe; its first one would be eaten as part of the separator.
  const named = text.replace(isKey ? /[\\=:#! ]/g : /[\\=:#!]|^ /g, "\\$&");
  return named.replace(/[^\x20-\x7e]/g, (character) => {
    const name = Object.keys(ESCAPES).find((letter) => ESCAPES[letter] === character);
    return name === undefined
      ? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`
      : `\\${name}`;
  });
}
