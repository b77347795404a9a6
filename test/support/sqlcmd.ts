/**
 * What sqlcmd makes of a script, by Microsoft's pages "Commands in the sqlcmd utility", "Use sqlcmd with scripting variables"
 * and "SQL Server Utilities Statements - GO": the batches that it sends, and the places where it, or one of its two
 * implementations, would do something else than the script means.
 */
export interface SqlcmdReading {
  readonly batches: readonly string[];
  readonly problems: readonly string[];
  /** What `:On Error` was told last: EXIT or IGNORE. */
  readonly onError: string | undefined;
}

/** The last ones also without the colon, as osql had them. */
const COMMAND =
  /^\s*(?::(?:on\s+error|setvar|r|list|listvar|error|out|perftrace|connect|help|serverlist|xml)\b|:?(?:reset|ed|quit|exit)\b|:?!!)/i;
const GO = /^\s*GO(?:\s+(\d+))?\s*(?:--.*)?$/i;

type Inside = "'" | '"' | "/*" | undefined;

/** Where a line ends that began inside a text, a quoted name or a comment; each can go on over lines. */
function readLine(line: string, began: Inside): Inside {
  let inside = began;
  for (let i = 0; i < line.length; i++) {
    const two = line.slice(i, i + 2);
    if (inside === "/*") {
      if (two === "*/") inside = undefined;
    } else if (inside !== undefined) {
      // A doubled quote ends the text and begins it again.
      if (line[i] === inside) inside = undefined;
    } else if (two === "--") {
      return undefined;
    } else if (two === "/*" || line[i] === "'" || line[i] === '"') {
      inside = two === "/*" ? two : (line[i] as Inside);
      // Otherwise the star would end it in `/*/`.
      if (two === "/*") i++;
    }
  }
  return inside;
}

export function readSqlcmd(script: string): SqlcmdReading {
  const batches: string[] = [];
  const problems: string[] = [];
  const variables = new Map<string, string>();
  let onError: string | undefined;
  let lines: string[] = [];
  let inside: Inside;
  for (const [i, written] of script.split("\n").entries()) {
    const trap = (what: string): void => void problems.push(`line ${i + 1}: ${what}`);
    // Names without regard to case; also inside texts, and by the older implementation inside comments.
    const line = written.replace(/\$\((\w+)\)/g, (found, name: string) => {
      const value = variables.get(name.toUpperCase());
      if (value === undefined) trap(`${found} is a variable without a value`);
      return value ?? found;
    });
    if (inside !== undefined && (GO.test(line) || COMMAND.test(line)))
      trap("a command inside a text or comment");
    if (inside === undefined && GO.test(line)) {
      if (lines.join("").trim() === "") trap("GO without a batch");
      else for (let n = Number(GO.exec(line)?.[1] ?? 1); n > 0; n--) batches.push(lines.join("\n"));
      lines = [];
    } else if (inside === undefined && COMMAND.test(line)) {
      const [, name = "", value = ""] = /^\s*:setvar\s+(\S+)\s+"?(.*?)"?\s*$/i.exec(line) ?? [];
      if (name !== "") variables.set(name.toUpperCase(), value);
      const [, action] = /^\s*:on\s+error\s+(exit|ignore)\s*$/i.exec(line) ?? [];
      onError = action?.toUpperCase() ?? onError;
      if (name === "" && action === undefined) trap(`${line.trim()} does what the tests do not`);
    } else {
      if (inside === undefined && /^\s*GO\b/i.test(line)) trap("GO with something else");
      if (inside === undefined && /^\s*:/.test(line)) trap("begins with a colon and is no command");
      lines.push(line);
      inside = readLine(line, inside);
    }
  }
  if (inside !== undefined) problems.push(`${inside} is never ended`);
  if (lines.join("").trim() !== "") problems.push("the last batch has no GO");
  return { batches, problems, onError };
}
