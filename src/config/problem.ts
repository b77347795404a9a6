/** Mistakes and warnings found while reading the configuration: collected, sorted, printed one per line. */
import { SyncError } from "../errors.ts";
import type { Place } from "./sync-config.ts";

export interface Problem extends Place {
  readonly key?: string;
  /** What is wrong, in one line: found, wanted, did you mean. Holds no secret. */
  readonly text: string;
}

/** Collects what the readers find; they go on after a mistake, so that all of them are reported together. */
export interface Findings {
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

/** `file:line: key: text`, without the parts that are not known. */
export function formatProblem({ file, line, key, text }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return [place, ...(key === undefined ? [] : [key]), text].join(": ");
}

/** Lines in the order of `files`, then by line; what has no line comes first in its file. Doubles are dropped. */
export function formatProblems(problems: readonly Problem[], files: readonly string[]): string[] {
  const rank = (file: string) => (files.includes(file) ? files.indexOf(file) : files.length);
  const sorted = [...problems].sort((a, b) => rank(a.file) - rank(b.file) || (a.line ?? 0) - (b.line ?? 0));
  return [...new Set(sorted.map(formatProblem))];
}

/** The one error for all problems. */
export function configInvalid(problems: readonly Problem[], files: readonly string[]): SyncError {
  const lines = formatProblems(problems, files);
  const count = lines.length === 1 ? "1 problem" : `${lines.length} problems`;
  return new SyncError("CONFIG_INVALID", {
    what: `The configuration has ${count}:\n${lines.map((line) => `  ${line}`).join("\n")}`,
    next: "Correct the lines above; config/sync.properties.example and config/deployment.toml.example show every key",
    at: { problems: lines.length },
  });
}

/** `; did you mean "X"?` or nothing. */
export function didYouMean(name: string | undefined): string {
  return name === undefined ? "" : `; did you mean "${name}"?`;
}

/** What is no secret whoever wrote it: a number, a version, a flag, a JNDI or table name of WSO2's, a placeholder. */
const HARMLESS =
  /^(-?\d{1,9}(\.\d{1,4}){0,3} ?[a-z]{0,3}|true|false|yes|no|on|off|null|jdbc\/[\w.-]{0,40}(,\s*jdbc\/[\w.-]{0,40})*|(IDN|UM|REG|CM|SP|IDP|FIDO|WF)_[A-Z_]{1,40}|\$\w+\{.*)?$/i;

/**
 * A value in a place where it does not belong, as a message shows it. A secret may have got there by mistake: of what is no
 * word of ours, and near none (`near`), only the first two letters are shown.
 */
export function hintFound(value: string, near?: string): string {
  if (near !== undefined || HARMLESS.test(value)) return quoteFound(value);
  return quoteFound(firstLetters(value));
}

/** The first two letters of what may be a secret. */
export const firstLetters = (text: string): string =>
  text.length <= 2 ? text : `${[...text].slice(0, 2).join("")}...`;

/** Text of the operator as a message shows it: quoted, on one line, cut to 120 characters. */
export function quoteFound(value: string): string {
  const shown = JSON.stringify(value.length > 120 ? `${value.slice(0, 117)}...` : value);
  return shown;
}
