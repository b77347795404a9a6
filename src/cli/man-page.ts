/** The man page, made from the same texts as `--help`. */
import type { Command } from "commander";
import { EXIT } from "../errors.ts";
import { type CommandFacts, commandTree } from "./command-tree.ts";
import { exitsOf, TEXTS } from "./help-texts.ts";

/** Text as troff takes it: no sign of it is an instruction, and a hyphen can be copied. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

const bold = (text: string): string => `\\fB${roff(text)}\\fR`;

/** The whole page, for section 1. `version`: of sync-tool. */
export function manPage(program: Command, version: string): string {
  const [root, ...commands] = commandTree(program);
  const groups = commands.filter(({ children }) => children.length > 0).map(({ name }) => name);
  return [
    `.TH SYNC\\-TOOL 1 "" "sync\\-tool ${roff(version)}" "User Commands"`,
    ".SH NAME",
    `sync\\-tool \\- ${roff((root?.description ?? "").replace(/^Keeps/, "keeps"))}`,
    ".SH SYNOPSIS",
    `${bold("sync-tool")} \\fIcommand\\fR [\\fIoptions\\fR]`,
    ".PP",
    "Options may stand before or after the command.",
    ".SH OPTIONS",
    ...(root === undefined ? [] : optionLines(root)),
    ".SH COMMANDS",
    ...commands.filter(({ name }) => !groups.includes(name)).flatMap(commandLines),
    ".SH EXIT STATUS",
    ...Object.entries(EXIT).flatMap(([name, code]) => [".TP", bold(String(code)), roff(name)]),
    ".PP",
    "What each means for a command stands with it; what every error code wants stands in the README.",
    ".SH FILES",
    ".TP",
    "\\fIsync.properties\\fR, \\fIdeployment.toml\\fR",
    "What is kept in step, and where the databases are.",
    ".TP",
    "\\fIlogs/sync.log\\fR",
    "The log, a JSON object a line.",
    "",
  ].join("\n");
}

const optionLines = ({ options }: CommandFacts): readonly string[] =>
  options.flatMap(({ flags, description, byDefault }) => [
    ".TP",
    bold(flags),
    roff(byDefault === undefined ? description : `${description} (default: ${byDefault})`),
  ]);

function commandLines(command: CommandFacts): readonly string[] {
  const { name, description } = command;
  const [first = ""] = name.split(" ");
  const { examples = [] } = TEXTS[first] ?? {};
  const own = examples.filter(([args]) => name === first || `${first} ${args} `.startsWith(`${name} `));
  const exits = TEXTS[first] === undefined ? [] : exitsOf(TEXTS[first]);
  return [
    `.SS ${roff(name)}`,
    roff(description),
    ...optionLines(command),
    ...(own.length === 0 ? [] : [".PP", "Examples:"]),
    ...own.flatMap(([args, purpose]) => [
      ".TP",
      bold(`sync-tool ${first}${args === "" ? "" : ` ${args}`}`),
      roff(purpose),
    ]),
    ...(exits.length === 0 ? [] : [".PP", "Exit codes:"]),
    ...exits.flatMap(([code, when]) => [".TP", bold(String(code)), roff(when)]),
  ];
}
