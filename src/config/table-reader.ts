/** Reads the keys of one table of deployment.toml: placeholders resolved, types checked, every refusal noted. */
import type { Deployment, RawDatasource } from "./deployment-toml.ts";
import { isTable } from "./deployment-toml.ts";
import { hasPlaceholder, type Resolve } from "./placeholders.ts";
import { type Findings, hintFound, quoteFound } from "./problem.ts";
import type { Place } from "./sync-config.ts";
import { decodeEntities } from "./xml-entities.ts";

export interface TableReader {
  readonly names: readonly string[];
  readonly at: Place;
  /** Numbers and booleans are given as text too; undefined when absent or refused. */
  text(name: string): string | undefined;
  integer(name: string, min: number, max: number): number | undefined;
  /** The value as written, placeholders unresolved: what messages may show when the key is not a secret itself. */
  written(name: string): string;
  problem(name: string, text: string): void;
  warn(name: string, text: string): void;
  /** Reader of a table inside this one; without keys when it is absent. */
  inner(name: string): TableReader;
}

export function tableReader(
  raw: Pick<RawDatasource, "label" | "table" | "path">,
  deployment: Pick<Deployment, "file" | "lineOf">,
  resolve: Resolve,
  findings: Findings,
): TableReader {
  const { label, table, path } = raw;
  const place = (name?: string): Place => {
    const line = deployment.lineOf(name === undefined ? path : `${path}.${name}`);
    return line === undefined ? { file: deployment.file } : { file: deployment.file, line };
  };
  const problem = (name: string, text: string): undefined => {
    findings.problems.push({ ...place(name), key: `${label}: ${name}`, text });
  };
  const warn = (name: string, reason: string): void => {
    findings.warnings.push({ ...place(name), key: `${label}: ${name}`, text: reason });
  };
  const written = (name: string): string => {
    const value = table[name];
    return typeof value === "string" ? value : String(value);
  };
  const text = (name: string): string | undefined => {
    const value = table[name];
    if (value === undefined) return undefined;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    if (typeof value !== "string") return problem(name, "wanted a text in quotes");
    const plain = decodeEntities(value);
    if (plain !== value)
      warn(name, "an entity of XML in it (&amp; and the like) is read as the letter it stands for");
    const { text: resolved, problems } = resolve(plain);
    for (const reason of problems) problem(name, reason);
    return problems.length > 0 ? undefined : resolved;
  };
  return {
    names: Object.keys(table),
    at: place(),
    text,
    written,
    problem,
    integer: (name, min, max) => {
      const value = text(name)?.trim();
      if (value === undefined) return undefined;
      const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= min && number <= max) return number;
      const shown = hasPlaceholder(written(name)) ? quoteFound(written(name)) : hintFound(value);
      return problem(name, `found ${shown}, wanted a whole number from ${min} to ${max}`);
    },
    warn,
    inner: (name) => {
      const value = table[name];
      if (value !== undefined && !isTable(value)) problem(name, "wanted a table of options");
      const innerTable = isTable(value) ? value : {};
      const innerRaw = { label: `${label}: ${name}`, table: innerTable, path: `${path}.${name}` };
      return tableReader(innerRaw, deployment, resolve, findings);
    },
  };
}
