/** The only writer to stdout (data for people and scripts) and, with the log, to stderr. */
import { jsonDocument } from "../util/json-document.ts";
import { wrap } from "../util/shorten.ts";

export function writeOut(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** Sentences, in lines of the terminal's width; whoever reads from a pipe gets each in one. What goes on below begins with `indent`. */
export function writeSentence(text: string, indent = ""): void {
  writeOut(wrap(text, process.stdout.columns ?? Number.POSITIVE_INFINITY, indent).join("\n"));
}

/** Columns that a line at the bottom of the terminal may have. The last one stays free, since a terminal goes on below after it. */
export const progressWidth = (): number => (process.stderr.columns ?? 80) - 1;

export function writeErr(text: string): void {
  process.stderr.write(text);
}

/**
 * Has the command outlive whoever reads its output (`| head`, a pipe to a program that ended). A log that nobody reads is no
 * reason to stop a run; of the data, only a reader that went away is none: a full disk is.
 */
export function outliveReaders(): void {
  if (process.stderr.listeners("error").includes(ignore)) return;
  process.stderr.on("error", ignore);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    outClosed = true;
  });
}

let outClosed = false;
const ignore = (): void => undefined;

/** Whether the reader of stdout has gone. */
export const isOutClosed = (): boolean => outClosed;

export function writeJson(value: object): void {
  writeOut(jsonDocument(value));
}

/** Columns side by side, as wide as their widest cell; numbers, and those with a unit, stand on the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const isNumber = head.map((_, i) => rows.every((row) => /^[~\d.,-]*(\/s| s| min| h)?$/.test(row[i] ?? "")));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
