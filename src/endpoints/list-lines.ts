import type { Endpoint } from "./endpoint-list.ts";
import type { Front } from "./front.ts";
import { pathPattern } from "./path-pattern.ts";

/** One line per endpoint, made by `line` of its pattern (see path-pattern.ts), under its group's title; closed groups as comments. */
export function listLines(
  { groups }: Front,
  line: (pattern: string, endpoint: Endpoint) => string,
): readonly string[] {
  return groups.flatMap(({ title, why = [], endpoints, isOpen }) => [
    `# ${title}${isOpen ? "" : ": closed"}`,
    ...why.map((text) => `# ${text}`),
    ...endpoints.map((endpoint) => `${isOpen ? "" : "# "}${line(pathPattern(endpoint), endpoint)}`),
  ]);
}

export function indent(spaces: number, lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === "" ? "" : `${" ".repeat(spaces)}${line}`));
}
