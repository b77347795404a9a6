import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { TEXTS } from "../../../src/cli/help-texts.ts";
import { createProgram } from "../../../src/cli/program.ts";
import { EXIT } from "../../../src/errors.ts";

const program = createProgram(new AbortController().signal, () => undefined);
const commands = program.commands.filter((command) => command.name() !== "version");

const find = (parent: Command, name: string): Command | undefined =>
  parent.commands.find((command) => command.name() === name);

test("every command has examples and exit codes, and no text is of a command that is not there", () => {
  expect(Object.keys(TEXTS).sort()).toEqual(commands.map((command) => command.name()).sort());
});

test("the list of commands is in the order in which they are given, with no heading but the phases and help", () => {
  const help = program.helpInformation();
  const at = ["Before the dump:", "While blue serves:", "Proof and switch:", "Afterwards:", "Help:"].map(
    (one) => help.indexOf(one),
  );
  expect(at).toEqual([...at].sort((a, b) => a - b));
  expect(at).not.toContain(-1);
  expect(help).not.toContain("Commands:");
});

describe.each(commands.map((command) => [command.name(), command] as const))(
  "the help of %s",
  (name, command) => {
    const { examples = [], exits = [] } = TEXTS[name] ?? {};

    test.each(examples)("has an example that the command takes: %s", (args) => {
      const [first = "", ...rest] = args.split(" ");
      const sub = find(command, first);
      const words = sub === undefined ? [first, ...rest] : rest;
      const known = (sub ?? command).options.map(({ long }) => long);
      expect(known).toEqual(expect.arrayContaining(words.filter((word) => word.startsWith("--"))));
    });

    test("names exit codes that there are", () => {
      const codes = new Set<number>(Object.values(EXIT));
      expect(exits.every(([code]) => codes.has(code))).toBe(true);
    });

    test("fits a terminal of 80 columns", () => {
      let shown = "";
      command.configureOutput({
        writeOut: (text) => {
          shown += text;
        },
        getOutHelpWidth: () => 80,
      });
      command.outputHelp();
      expect(shown).toContain("Exit codes:");
      expect(shown.split("\n").filter((line) => line.length > 80)).toEqual([]);
    });
  },
);
