/**
 * Line numbers of the keys in TOML text, which the TOML parser does not tell. Expects text that parsed without error.
 * Pure.
 */

/**
 * Line (from 1) of a dotted path such as `datasource.0.url` or `database.identity_db`: of the key itself, else of the
 * nearest table around it that has a line; undefined when nothing on the path is in the text.
 */
export type LineOf = (path: string) => number | undefined;

export function tomlLines(text: string): LineOf {
  const lines = new Map<string, number>();
  const arrayLengths = new Map<string, number>();
  let table = "";
  for (const { content, line } of statements(text)) {
    const header = /^\[(\[?)\s*(.*?)\s*\]\]?\s*(?:#.*)?$/.exec(content);
    if (header === null) {
      const key = /^((?:"(?:\\.|[^"])*"|'[^']*'|[\w.\- \t])+?)\s*=/.exec(content)?.[1];
      if (key !== undefined) note([table, ...splitKey(key)].filter((part) => part !== "").join("."), line);
      continue;
    }
    const parts = splitKey(header[2] ?? "");
    if (header[1] === "[") {
      const parent = withIndexes(parts.slice(0, -1), arrayLengths);
      const path = [...parent, parts.at(-1) ?? ""].join(".");
      const index = arrayLengths.get(path) ?? 0;
      arrayLengths.set(path, index + 1);
      note(path, line);
      table = `${path}.${index}`;
    } else {
      table = withIndexes(parts, arrayLengths).join(".");
    }
    note(table, line);
  }
  return (path) => {
    const parts = path.split(".");
    for (let length = parts.length; length > 0; length--) {
      const line = lines.get(parts.slice(0, length).join("."));
      if (line !== undefined) return line;
    }
    return undefined;
  };

  function note(path: string, line: number): void {
    if (!lines.has(path)) lines.set(path, line);
  }
}

/** A header below `[[a]]` speaks of the last element of `a`. */
function withIndexes(parts: readonly string[], arrayLengths: ReadonlyMap<string, number>): string[] {
  const path: string[] = [];
  for (const part of parts) {
    path.push(part);
    const length = arrayLengths.get(path.join("."));
    if (length !== undefined) path.push(String(length - 1));
  }
  return path;
}

function splitKey(key: string): string[] {
  const parts = key.match(/"(?:\\.|[^"])*"|'[^']*'|[\w-]+/g) ?? [];
  return parts.map((part) => part.replace(/^(["'])(.*)\1$/, "$2"));
}

/** Lines on which a header or a key begins: not those inside a multi-line string or a multi-line array. */
function* statements(text: string): Generator<{ content: string; line: number }> {
  let quote = "";
  let depth = 0;
  for (const [index, natural] of text.split(/\r?\n/).entries()) {
    const content = natural.trim();
    const startsHere = quote === "" && depth === 0;
    if (startsHere && content !== "" && !content.startsWith("#")) yield { content, line: index + 1 };
    const isHeader = startsHere && content.startsWith("[");
    for (const [token] of natural.matchAll(/"""|'''|\\.|["'[\]{}#]/g)) {
      if (quote !== "") {
        // A backslash escapes nothing in '...' strings; a quote after it ends them.
        if (token === quote || (quote.startsWith("'") && token === `\\${quote}`)) quote = "";
      } else if (token === "#") break;
      else if (/^["']/.test(token)) quote = token;
      else if (!isHeader && /^[[{]$/.test(token)) depth++;
      else if (!isHeader && /^[\]}]$/.test(token)) depth--;
    }
    if (quote.length === 1) quote = "";
  }
}
