/** The only writer to stdout (data for people and scripts) and, with the log, to stderr. */

export function writeOut(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

export function writeErr(text: string): void {
  process.stderr.write(text);
}

/** Positions are 64-bit: they become text where a JSON number would lose digits. */
export function writeJson(value: unknown): void {
  writeOut(JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one), 2));
}

/** Columns side by side, as wide as their widest cell; cells that look like numbers stand on the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const isNumber = head.map((_, i) => rows.every((row) => /^[\d.,-]*$/.test(row[i] ?? "")));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
