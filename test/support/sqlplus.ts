/**
 * What SQL*Plus makes of a script, by the rules of its "User's Guide and Reference" ("Running SQL Commands", "Running PL/SQL
 * Blocks", "SET System Variable Summary", "Limits"): the statements that it sends, and the places where it would do
 * something else than the script means.
 */
export interface SqlplusReading {
  readonly statements: readonly string[];
  readonly problems: readonly string[];
  /** What WHENEVER SQLERROR was told last. */
  readonly onError: string | undefined;
}

/** Before 18c; 5000 since. */
const LONGEST_LINE = 2_500;
/** "Number of lines per SQL command", at 80 characters a line. */
const MOST_CHARACTERS = 500 * 80;

const OWN_COMMAND =
  /^(SET|WHENEVER|PROMPT|REM|REMARK|EXIT|QUIT|SPOOL|DEFINE|UNDEFINE|CONNECT|SHOW|COLUMN)\b/i;
/** Semicolons end nothing in these: a slash on a line of its own does. */
const BLOCK =
  /^(DECLARE|BEGIN|CREATE\s+(OR\s+REPLACE\s+)?((NON)?EDITIONABLE\s+)?(TRIGGER|FUNCTION|PROCEDURE|PACKAGE|TYPE))\b/i;

export function readSqlplus(script: string): SqlplusReading {
  const statements: string[] = [];
  const problems: string[] = [];
  const settings = new Map([
    ["DEFINE", "&"],
    ["SQLBLANKLINES", "OFF"],
  ]);
  let onError: string | undefined;
  let lines: string[] = [];
  const send = (): void => {
    const text = lines.join("\n");
    if (text.length > MOST_CHARACTERS) problems.push(`a statement of ${text.length} characters`);
    statements.push(text);
    lines = [];
  };
  for (const [i, line] of script.split("\n").entries()) {
    const trap = (what: string): void => void problems.push(`line ${i + 1}: ${what}`);
    if (Buffer.byteLength(line) >= LONGEST_LINE) trap("too long");
    if (settings.get("DEFINE") !== "OFF" && line.includes("&")) trap("& asks for a value");
    if (/-\s*$/.test(line)) trap("a hyphen at its end continues it");
    const isEmpty = lines.length === 0;
    if (line.trim() === "/") {
      if (isEmpty) trap("runs the last statement again");
      else send();
    } else if (line.trim() === "." && !isEmpty) {
      trap("ends the statement without running it");
    } else if (isEmpty && (line.trim() === "" || line.startsWith("--"))) {
      // A comment or nothing, between statements.
    } else if (isEmpty && OWN_COMMAND.test(line)) {
      const [, name = "", value = ""] = /^SET\s+(\w+)\s+(\S+)/i.exec(line) ?? [];
      if (name !== "") settings.set(name.toUpperCase(), value.toUpperCase());
      onError = /^WHENEVER\s+SQLERROR\s+(.*)$/i.exec(line)?.[1] ?? onError;
    } else {
      if (line.startsWith("#")) trap("is a command of SQL*Plus");
      const isBlock = BLOCK.test(lines[0] ?? line);
      if (line.trim() === "" && !isBlock && settings.get("SQLBLANKLINES") !== "ON")
        trap("ends the statement without running it");
      lines.push(line);
      if (!isBlock && /;\s*$/.test(line)) send();
    }
  }
  if (lines.length > 0) problems.push("the last statement is never sent");
  return { statements, problems, onError };
}
