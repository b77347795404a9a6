/** A quoted name or text of any of the databases; a quote inside one is doubled. */
const QUOTED = /"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[(?:[^\]]|\]\])*\]/g;

/**
 * A statement cut at its placeholders. A question mark inside a quoted name or text is none: a column may be called
 * "a?b". Looked for only where there are more question marks than values, which costs next to nothing for all others.
 */
export function cutAtPlaceholders(sql: string, values: number): readonly string[] {
  const parts = sql.split("?");
  if (parts.length === values + 1) return parts;
  const found: string[] = [];
  let from = 0;
  const take = (text: string, start: number): void => {
    for (const match of text.matchAll(/\?/g)) {
      found.push(sql.slice(from, start + match.index));
      from = start + match.index + 1;
    }
  };
  let plainFrom = 0;
  for (const match of sql.matchAll(QUOTED)) {
    take(sql.slice(plainFrom, match.index), plainFrom);
    plainFrom = match.index + match[0].length;
  }
  take(sql.slice(plainFrom), plainFrom);
  return [...found, sql.slice(from)];
}
