/** Text in a room of so many columns. */

/** As it is where it fits; otherwise whole words and "…", never a part of a number. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const room = text.slice(0, Math.max(0, width - 1));
  // A word that would be cut is left out, unless it is all there is.
  const isCut = /\S/.test(text[room.length] ?? "");
  const whole = isCut ? room.replace(/\S+$/, "").trimEnd() : room.trimEnd();
  const first = /\d/.test(text.split(/\s/, 1)[0] ?? "") ? "" : room.trimEnd();
  return `${whole === "" ? first : whole}…`.slice(0, Math.max(0, width));
}

/** The line that says most among those that fit, the longest first; the last one cut where none does. */
export function firstThatFits(lines: readonly string[], width: number): string {
  return lines.find((line) => line.length <= width) ?? shorten(lines.at(-1) ?? "", width);
}

/** In lines of at most so many columns, broken at blanks; all but the first begin with `indent`. */
export function wrap(text: string, width: number, indent = ""): readonly string[] {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? "";
  for (const word of text.trimStart().split(" ")) {
    const longer = line.trim() === "" ? `${line}${word}` : `${line} ${word}`;
    if (longer.length <= width || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line];
}
