/**
 * What deletes tokens besides Identity Server: WSO2's clean-up procedures ("Removing unused tokens from the database"), whatever
 * schedules them, and the tables that they leave behind. The question is the dialect's; how it is judged stands here once.
 */

import type { Statement } from "../contract/dialect.ts";
import type { Fact, FactScope, Finding } from "../contract/fact.ts";
import type { ResultRow } from "../db/database.ts";
import { ok, text } from "./doctor-answers.ts";

/** A routine or a scheduled job, as a dialect's answer tells of it. Lines of a body that come apart have one name. */
interface Program {
  readonly isJob: boolean;
  readonly name: string;
  /** A job that will run: switched on, on a server whose scheduler is. */
  readonly isOn: boolean;
  readonly body: string;
  /** The database does not show the body to this user. */
  readonly isHidden: boolean;
}

interface ProgramsQuestion {
  /** Columns "kind" ("job" or "routine"), "name", "state" ("on" for a job that will run) and "body", null when it is not shown. */
  readonly ask: Statement;
  /** The statement that stops a job; its name is as the answer gives it, quoted there where that matters. */
  readonly stop: (name: string) => string;
  /** What lets this user see the bodies of routines. */
  readonly toSee: string;
  /** What can be said when the database refuses the question. */
  readonly refused?: (reason: string) => Finding;
  /** Default: "cleanup-jobs". */
  readonly id?: string;
}

const NOT_NOW =
  "Clean up before `prepare`, then not until `cleanup`: each deleted row is a change that green has to apply, and rows that green deletes by itself are missing there";

/** Jobs and routines that delete from the synced tables, by what they do. */
export function cleanUpFact(scope: FactScope, question: ProgramsQuestion): Fact {
  const wanted = "nothing that deletes from the synced tables between `prepare` and `cleanup`";
  return {
    id: question.id ?? "cleanup-jobs",
    group: "server",
    title: "jobs and procedures that delete tokens",
    ask: question.ask,
    ...(question.refused === undefined ? {} : { refused: question.refused }),
    judge: (rows) => {
      const programs = programsOf(rows);
      const found = deleters(programs, tablesOf(scope));
      const running = found.filter(({ program }) => program.isJob && program.isOn);
      const hidden = programs.filter(({ isHidden }) => isHidden);
      const told = [
        ...found.map(describe),
        ...(hidden.length === 0 ? [] : [describeHidden(programs, hidden)]),
      ];
      if (told.length === 0) return ok("none that this user can see", wanted);
      // Blue's deletions are captured and followed; green's own are not undone by anything.
      const isFail = running.length > 0 && scope.side === "target";
      const advice = [...(found.length > 0 ? [NOT_NOW] : []), ...(hidden.length > 0 ? [question.toSee] : [])];
      return {
        status: isFail ? "fail" : found.length > 0 ? "warn" : "unknown",
        found: told.join("; "),
        wanted,
        statements: running.map(({ program }) => question.stop(program.name)),
        advice: advice.join(". "),
      };
    },
  };
}

/** `ask` gives the tables that the clean-up made, column "name"; `drop` is the statement that removes one. */
export function cleanUpTablesFact(scope: FactScope, ask: Statement, drop: (name: string) => string): Fact {
  const wanted = "none on the target: they hold tokens in the form of the source's version";
  const isTarget = scope.side === "target";
  return {
    id: "cleanup-tables",
    group: "server",
    title: "copies of tokens that a clean-up made",
    ask,
    judge: (rows) => {
      const names = rows.map((row) => text(row, "name"));
      if (names.length === 0) return ok("none", wanted);
      return {
        status: "warn",
        found: names.join(", "),
        wanted,
        ...(isTarget
          ? { statements: names.map(drop) }
          : { advice: "Leave them out of the dump, or drop them when nobody needs them any more" }),
      };
    },
  };
}

/** The names that WSO2's procedures give their tables begin so: copies, an audit log, and what is being worked on. */
export const CLEAN_UP_TABLES = ["BAK_IDN_", "AUDITLOG_IDN_", "CHUNK_IDN_", "BATCH_IDN_"] as const;

function programsOf(rows: readonly ResultRow[]): readonly Program[] {
  const programs = new Map<string, Program>();
  for (const row of rows) {
    const isJob = text(row, "kind") === "job";
    const name = text(row, "name");
    const key = `${isJob} ${name}`;
    const body = `${programs.get(key)?.body ?? ""}${text(row, "body")}\n`;
    const isHidden = row["body"] === null || row["body"] === undefined;
    programs.set(key, { isJob, name, isOn: text(row, "state") === "on", body, isHidden });
  }
  return [...programs.values()];
}

/** Deletions from a parent take the synced rows along. */
function tablesOf({ tables }: FactScope): readonly string[] {
  return [
    ...new Set(
      tables.flatMap(({ source, cascades }) => [source.name, ...cascades.map(({ ancestor }) => ancestor)]),
    ),
  ];
}

interface Deleter {
  readonly program: Program;
  readonly tables: readonly string[];
  /** Routines that a job reaches the tables by. */
  readonly through: readonly string[];
}

/** Programs that delete by themselves, and those that call one that does, over any number of calls. */
export function deleters(programs: readonly Program[], tables: readonly string[]): readonly Deleter[] {
  const plain = programs.map((program) => ({ ...program, body: withoutComments(program.body) }));
  const found = new Map<string, Deleter>();
  for (const program of plain) {
    const own = tables.filter((table) => deletesFrom(program.body, table));
    if (own.length > 0) found.set(keyOf(program), { program, tables: own, through: [] });
  }
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const program of plain.filter((one) => !found.has(keyOf(one)))) {
      const called = [...found.values()].filter(
        (one) => !one.program.isJob && mentions(program.body, baseName(one.program.name)),
      );
      if (called.length === 0) continue;
      const reached = [...new Set(called.flatMap((one) => one.tables))];
      found.set(keyOf(program), { program, tables: reached, through: called.map((one) => one.program.name) });
    }
  }
  return [...found.values()];
}

const keyOf = ({ isJob, name }: Program): string => `${isJob} ${name}`;

const baseName = (name: string): string => name.split(".").at(-1) ?? name;

function describe({ program, tables, through }: Deleter): string {
  const what = program.isJob ? (program.isOn ? "job" : "job that is off") : "procedure";
  const by = through.length === 0 ? "" : ` by ${through.join(", ")}`;
  return `${what} ${program.name} deletes from ${tables.join(", ")}${by}`;
}

/** Those whose text is not shown, and the jobs that call one of them. */
function describeHidden(programs: readonly Program[], hidden: readonly Program[]): string {
  const names = hidden.map(({ name }) => name);
  const callers = programs.filter(
    ({ isJob, isOn, body }) => isJob && isOn && names.some((name) => mentions(body, baseName(name))),
  );
  const called = callers.length === 0 ? "" : `; called by job ${callers.map(({ name }) => name).join(", ")}`;
  return `not shown to this user: what ${names.join(", ")} does${called}`;
}

const withoutComments = (body: string): string =>
  body.replaceAll(/\/\*[\s\S]*?\*\//g, " ").replaceAll(/(?:--|#\s)[^\n]*/g, " ");

/**
 * Whether a statement of the text deletes from the table or empties it. A table that only a condition asks for does not count;
 * in a text that is put together and then executed, every table that is named does.
 */
function deletesFrom(body: string, table: string): boolean {
  const isPutTogether = /\b(?:EXECUTE|PREPARE|sp_executesql)\b|\bEXEC\s*[(]/i.test(body);
  return body.split(";").some((statement) => {
    const begin = statement.search(/\b(?:DELETE|TRUNCATE)\b/i);
    if (begin < 0) return false;
    if (isPutTogether) return mentions(body, table);
    return mentions(statement.slice(begin).split(/\b(?:WHERE|SELECT)\b/i)[0] ?? "", table);
  });
}

/** The name as a word, not as the beginning of a longer one such as a journal's. */
function mentions(body: string, name: string): boolean {
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w$#])${literal}(?![\\w$#])`, "i").test(body);
}
