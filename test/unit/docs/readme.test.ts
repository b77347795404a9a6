import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { createProgram } from "../../../src/cli/program.ts";
import { OTHER_KEYS, OWN_KEYS } from "../../../src/config/schema.ts";
import { ERROR_CODES, EXIT } from "../../../src/errors.ts";

const ROOT = join(import.meta.dirname, "../../..");
const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const README = read("README.md");
const REFERENCE = read("config/README.md");

const rowsOf = (text: string): readonly string[] => text.split("\n").filter((line) => line.startsWith("|"));

/** The cells of the table row whose first cell says this. */
const cellsOf = (text: string, first: string): readonly string[] =>
  rowsOf(text)
    .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .find((cells) => cells[1] === first) ?? [];

function sectionOf(text: string, heading: string, next: string): string {
  const [from, to] = [text.indexOf(`\n${heading}\n`), text.indexOf(`\n${next}\n`)];
  if (from < 0 || to < from) throw new Error(`no ${heading} before ${next}`);
  return text.slice(from, to);
}

function leafCommands(command: Command, name = ""): readonly (readonly [string, Command])[] {
  return command.commands.flatMap((child): readonly (readonly [string, Command])[] => {
    const full = `${name} ${child.name()}`.trim();
    return child.commands.length > 0 ? leafCommands(child, full) : [[full, child]];
  });
}
const commands = leafCommands(createProgram(new AbortController().signal, () => undefined));

test.each([...OWN_KEYS, ...OTHER_KEYS].map(({ name }) => name))(
  "config/README.md explains the key %s",
  (name) => {
    expect(rowsOf(REFERENCE).some((row) => row.split("|")[1]?.includes(`\`${name}\``))).toBe(true);
  },
);

test.each(OWN_KEYS.flatMap((key) => ("default" in key ? [[key.name, key.default] as const] : [])))(
  "config/README.md gives the default of %s as %s",
  (name, byDefault) => {
    expect(cellsOf(REFERENCE, `\`${name}\``)[2]).toBe(byDefault);
  },
);

test.each(Object.entries(ERROR_CODES))("the README explains %s with its exit code %i", (code, exit) => {
  expect(cellsOf(README, `\`${code}\``)[2]).toBe(String(exit));
});

test.each(Object.entries(EXIT))("the README explains the exit code %s, %i", (name, code) => {
  expect(cellsOf(README, String(code))[2]).toBe(name);
});

test.each(commands.map(([name]) => name))("the README gives an example of %s", (name) => {
  expect(cellsOf(README, `\`${name}\``)[3]).toMatch(new RegExp(`^\`sync-tool ${name}`));
});

const OPTIONS = sectionOf(REFERENCE, "## Options of the commands", "## How verify judges");
const known = new Set(commands.flatMap(([, command]) => command.options.map(({ long }) => String(long))));

test.each([...known])("the option %s is explained", (option) => {
  const everywhere = sectionOf(README, "## Commands", "## Exit codes");
  expect(`${OPTIONS}${everywhere}`).toMatch(new RegExp(`\`${option}[\` ]`));
});

test("every option that is explained exists", () => {
  const named = [...OPTIONS.matchAll(/`(--[a-z-]+)/g)].map(([, option]) => String(option));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((option) => !known.has(option))).toEqual([]);
});

test("the README is read at night: 300 lines at most", () => {
  expect(README.split("\n").length).toBeLessThanOrEqual(301);
});

test("nothing is said twice", () => {
  const pages = ["README.md", "config/README.md", "ddl/README.md", "src/README.md", "test/README.md"];
  const seen = new Map<string, string>();
  const twice: string[] = [];
  for (const page of pages) {
    const prose = read(page).replace(/^```[\s\S]*?^```$/gm, "");
    const sentences = prose
      .split(/\n\n|\n(?=[|\-#])|\s\|\s|(?<=[.!?:])\s/)
      .map((text) => text.replace(/\s+/g, " ").replace(/[*`|]/g, "").trim());
    for (const sentence of new Set(sentences)) {
      if (sentence.length < 50) continue;
      const before = seen.get(sentence);
      if (before === undefined) seen.set(sentence, page);
      else twice.push(`${before}, ${page}: ${sentence}`);
    }
  }
  expect(twice).toEqual([]);
});
