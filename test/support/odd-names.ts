/** Names that a DBA, or a tool, may have given to tables and columns, and that a careless statement stumbles over. */

import type { TestDialectName } from "./env.ts";

const EVERYWHERE = [
  "a?b",
  "??",
  "$body$ $text$ $sync_tool$ $$",
  "per%cent %1$I %L %s",
  'quo"te',
  "apo's''trophe",
  "back`tick",
  "[brack]et",
  "back\\slash",
  "semi;colon -- x",
  "/* c */ // double",
  "Über Größe",
  "日本語の表",
  "SELECT",
  "order",
  "NEW",
  "old",
  "ACTION2",
  "Mixed Case",
  "dotted.name",
  ":name",
  "@at",
  "#hash",
  "{json}",
  "&amp;",
  "$(var)",
  "DELIMITER ;;",
  "1st",
  "_",
];

/** Without those that the database refuses. */
export function oddNames(dialect: TestDialectName): readonly string[] {
  // MySQL's manual, "Schema Object Names": no character beyond U+FFFF, no blank at the end; 64 characters.
  return dialect === "postgres"
    ? [...EVERYWHERE, "line\nbreak", "ends in a blank ", "x".repeat(63), "é".repeat(31), "emoji 😀"]
    : [...EVERYWHERE, "line\nbreak", "x".repeat(64), "é".repeat(64)];
}

export const quoteName = (dialect: TestDialectName, name: string): string =>
  dialect === "postgres" ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll("`", "``")}\``;
