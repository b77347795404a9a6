/**
 * Real grammars of Transact-SQL and of Oracle's SQL and PL/SQL: those of the ANTLR project, as of 2021. They know syntax
 * only: neither names nor types nor rights, nor which version of a server has a construct; and text inside literals, as
 * EXECUTE IMMEDIATE has, is theirs only when it is given to them by itself (see `dynamicSql`).
 */

import { createRequire } from "node:module";

// CommonJS whose named exports Node does not see.
const antlr = createRequire(import.meta.url)("antlr4ts-sql") as typeof import("antlr4ts-sql");

type Gaps = readonly (readonly [RegExp, string])[];

/** What the grammar for Transact-SQL does not know, and what stands for it. */
const TSQL_GAPS: Gaps = [
  [/NEXT VALUE FOR \[\w+\]/g, "0"],
  [/READCOMMITTEDLOCK, NOWAIT/g, "READCOMMITTEDLOCK, READPAST"],
  // It knows one privilege in a GRANT.
  [/^GRANT [A-Z, ]+ ON /gm, "GRANT SELECT ON "],
  // And none on the server.
  [/^GRANT VIEW SERVER STATE TO /, "GRANT SELECT ON [T] TO "],
];

/** What the grammar for Oracle does not know. */
const ORACLE_GAPS: Gaps = [
  // A number as a session parameter's value.
  [/^(ALTER SESSION SET \w+ =) \d+$/, "$1 x"],
  // Nothing after it.
  [/(\) SEGMENT CREATION IMMEDIATE)$/, "$1 LOGGING"],
];

type Grammar = InstanceType<typeof antlr.antlr4tsSQL>;

function mistakesOf(grammar: Grammar, text: string): string[] {
  const mistakes: string[] = [];
  const listener = {
    syntaxError: (_parser: unknown, _symbol: unknown, line: number, column: number, message: string) =>
      void mistakes.push(`${line}:${column} ${message.slice(0, 200)}`),
  };
  const parser = grammar.getParser(grammar.getTokens(text, [listener]), [listener]);
  // Faster, and never more lenient.
  parser.interpreter.setPredictionMode(antlr.PredictionMode.SLL);
  grammar.getParseTree(parser);
  return mistakes;
}

const fill = (gaps: Gaps, sql: string): string =>
  gaps.reduce((text, [gap, instead]) => text.replace(gap, instead), sql);

/** Mistakes as `line:column message`, in the order of the text. */
export function tsqlMistakes(sql: string): string[] {
  return mistakesOf(new antlr.antlr4tsSQL(antlr.SQLDialect.TSQL), fill(TSQL_GAPS, sql));
}

/** The same; a script of statements ends each of them. */
export function oracleMistakes(sql: string): string[] {
  const text = fill(ORACLE_GAPS, sql);
  return mistakesOf(
    new antlr.antlr4tsSQL(antlr.SQLDialect.PLSQL),
    text.endsWith(";") ? `${text}\n/` : `${text};`,
  );
}

/**
 * The grammar knows the frame of a compound trigger only without what is in it: so its head, declarations and sections
 * are given to it one by one, sections as blocks of their own. Other statements stay whole.
 */
export function readableParts(sql: string): string[] {
  const frame =
    /^(CREATE OR REPLACE TRIGGER.*?)COMPOUND TRIGGER\n *--[^\n]*\n(.*?)(AFTER EACH ROW.*)END;$/s.exec(sql);
  if (frame === null) return [sql];
  const [, head = "", declarations = "", sections = ""] = frame;
  const blocks = [...sections.matchAll(/AFTER (EACH ROW|STATEMENT) IS\n(.*?)END AFTER \1;\n/gs)];
  return [
    `${head.replace("FOR UPDATE ON", "AFTER UPDATE ON").replace("DISABLE\n", "")}FOR EACH ROW\nBEGIN\n  NULL;\nEND;`,
    `DECLARE\n${declarations}BEGIN\n  NULL;\nEND;`,
    ...blocks.map(([, , block = ""]) => `${block}END;`),
  ];
}

/** The statements that a PL/SQL block runs from a literal. */
export function dynamicSql(block: string): string[] {
  return [...block.matchAll(/EXECUTE IMMEDIATE '((?:[^']|'')*)';/g)].map(([, text = ""]) =>
    text.replaceAll("''", "'"),
  );
}

/** `?` outside of quotes becomes the driver's numbered placeholder. */
export function numbered(sql: string, name: (n: number) => string): string {
  let count = 0;
  return sql.replace(/'(?:[^']|'')*'|\?/g, (found) => (found === "?" ? name(count++) : found));
}

export const countPlaceholders = (sql: string): number =>
  (sql.replace(/'(?:[^']|'')*'/g, "").match(/\?/g) ?? []).length;
