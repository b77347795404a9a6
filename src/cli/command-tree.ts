/** The commands and options of a program as plain facts, for what is made from them: completion and the man page. */
import type { Command, Option } from "commander";

export interface CommandFacts {
  /** One word, or two: "dead-letters list". Empty for the program itself. */
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionFacts[];
  /** Commands below it: their last word, and what they do. */
  readonly children: readonly { readonly word: string; readonly description: string }[];
  /** What its argument may be, where only some words will do. */
  readonly choices: readonly string[];
}

export interface OptionFacts {
  /** "--config", "-c". */
  readonly names: readonly string[];
  /** As help shows it: "-c, --config <path>". */
  readonly flags: string;
  readonly description: string;
  /** What follows it, "path"; undefined for a switch. */
  readonly value: string | undefined;
  /** What the value may be, where only some words will do: "<forward|back>". */
  readonly words: readonly string[];
  /** The value is a path. */
  readonly isFile: boolean;
  readonly isRepeatable: boolean;
  /** For people; undefined without one worth telling. */
  readonly byDefault: string | undefined;
}

/** The program first, then each command with those below it. */
export function commandTree(program: Command): readonly CommandFacts[] {
  return [factsOf(program, ""), ...program.commands.flatMap((child) => below(child, ""))];
}

function below(command: Command, before: string): readonly CommandFacts[] {
  const name = `${before}${command.name()}`;
  return [factsOf(command, name), ...command.commands.flatMap((child) => below(child, `${name} `))];
}

const factsOf = (command: Command, name: string): CommandFacts => ({
  name,
  description: command.description(),
  options: command.options.map(optionFacts),
  children: command.commands.map((child) => ({ word: child.name(), description: child.description() })),
  choices: command.registeredArguments[0]?.argChoices ?? [],
});

function optionFacts({
  flags,
  long,
  short,
  description,
  defaultValue,
  defaultValueDescription,
}: Option): OptionFacts {
  const value = /<([^>]+)>/.exec(flags)?.[1];
  const told = defaultValueDescription ?? (typeof defaultValue === "string" ? defaultValue : undefined);
  return {
    names: [short, long].filter((one): one is string => one !== undefined),
    flags,
    description,
    value,
    words: value?.includes("|") ? value.split("|") : [],
    isFile: value !== undefined && ["path", "file", "dir"].includes(value),
    isRepeatable: description.includes("repeatable"),
    byDefault: told === "none" ? undefined : told,
  };
}
