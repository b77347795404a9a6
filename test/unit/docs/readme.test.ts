import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { createProgram } from "../../../src/cli/program.ts";
import { OTHER_KEYS, OWN_KEYS } from "../../../src/config/schema.ts";
import { ERROR_CODES, EXIT } from "../../../src/errors.ts";

const ROOT = join(import.meta.dirname, "../../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const rows = README.split("\n").filter((line) => line.startsWith("|"));

/** The cells of the table row whose first cell says this. */
const cellsOf = (first: string): readonly string[] =>
  rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim())).find((cells) => cells[1] === first) ??
  [];

function leafCommands(command: Command, name = ""): readonly (readonly [string, Command])[] {
  return command.commands.flatMap((child): readonly (readonly [string, Command])[] => {
    const full = `${name} ${child.name()}`.trim();
    return child.commands.length > 0 ? leafCommands(child, full) : [[full, child]];
  });
}
const commands = leafCommands(createProgram(new AbortController().signal, () => undefined));

test.each([...OWN_KEYS, ...OTHER_KEYS].map(({ name }) => name))("the README explains the key %s", (name) => {
  expect(rows.some((row) => row.split("|")[1]?.includes(`\`${name}\``))).toBe(true);
});

test.each(OWN_KEYS.flatMap((key) => ("default" in key ? [[key.name, key.default] as const] : [])))(
  "the README gives the default of %s as %s",
  (name, byDefault) => {
    expect(cellsOf(`\`${name}\``)[2]).toBe(byDefault);
  },
);

test.each(Object.entries(ERROR_CODES))("the README explains %s with its exit code %i", (code, exit) => {
  expect(cellsOf(`\`${code}\``)[2]).toBe(String(exit));
});

test.each(Object.entries(EXIT))("the README explains the exit code %s, %i", (name, code) => {
  expect(cellsOf(String(code))[2]).toBe(name);
});

test.each(commands.map(([name]) => name))("the README gives an example of %s", (name) => {
  expect(cellsOf(`\`${name}\``)[3]).toMatch(new RegExp(`^\`sync-tool ${name}`));
});

test.each([...new Set(commands.flatMap(([, command]) => command.options.map(({ long }) => String(long))))])(
  "the README explains the option %s",
  (option) => {
    expect(README).toMatch(new RegExp(`\`${option}[\` ]`));
  },
);

test("every option that the README explains exists", () => {
  const known = new Set(commands.flatMap(([, command]) => command.options.map(({ long }) => long)));
  const section = README.slice(README.indexOf("## Commands"), README.indexOf("## Configuration"));
  const named = [...section.matchAll(/`(--[a-z-]+)/g)].map(([, option]) => option);
  expect(named.filter((option) => !known.has(option))).toEqual([]);
});
