import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { commandFirst } from "../../../src/cli/command-first.ts";
import { commandTree } from "../../../src/cli/command-tree.ts";
import { COMPLETIONS } from "../../../src/cli/completion.ts";
import { manPage } from "../../../src/cli/man-page.ts";
import { createProgram } from "../../../src/cli/program.ts";
import { findProgram } from "../../support/servers/find-program.ts";

const program = createProgram(new AbortController().signal, () => undefined);
const tree = commandTree(program);
const script = (shell: string): string => COMPLETIONS[shell]?.(tree) ?? "";

/** What bash offers for the last of these words. */
function offered(...words: readonly string[]): readonly string[] {
  const text = `${script("bash")}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sync_tool; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", text, "bash", "sync-tool", ...words], {
    encoding: "utf8",
    cwd: "/",
  });
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n");
}

test("bash offers commands, their options, and nothing where a value is to come", () => {
  expect(offered("st")).toEqual(["status"]);
  expect(offered("")).toEqual(
    expect.arrayContaining(["run", "dead-letters", "pause", "completion", "--help"]),
  );
  expect(offered("run", "--until")).toEqual(["--until-drained"]);
  expect(offered("run", "--onc", "x", "--o")).toEqual(["--once"]);
  expect(offered("dead-letters", "re")).toEqual(["retry"]);
  expect(offered("dead-letters", "list", "--tab")).toEqual(["--table"]);
  expect(offered("completion", "z")).toEqual(["zsh"]);
  expect(offered("copy", "--table", "")).toEqual([""]);
  expect(offered("status", "--direction", "")).toEqual(["forward", "back"]);
  expect(offered("run", "--config", "et")).toEqual(["etc"]);
});

test("bash offers every option of every command", () => {
  for (const { name, options } of tree)
    expect(offered(...name.split(" ").filter(Boolean), "-")).toEqual(
      expect.arrayContaining(options.flatMap(({ names }) => names)),
    );
});

test.each(["zsh", "fish", "powershell"])("the script for %s has every command and every option", (shell) => {
  const text = script(shell);
  for (const { children, options } of tree) {
    for (const { word } of children) expect(text).toContain(word);
    for (const { names } of options)
      expect(text).toContain(shell === "fish" ? `-l ${names.at(-1)?.slice(2)}` : names.at(-1));
  }
});

test.runIf(findProgram("zsh") !== undefined)("zsh reads its script", () => {
  const done = spawnSync("zsh", ["-f", "-n"], { input: script("zsh"), encoding: "utf8" });
  expect([done.status, done.stderr]).toEqual([0, ""]);
});

test.runIf(findProgram("fish") !== undefined)("fish offers commands and options", () => {
  const folder = mkdtempSync(join(tmpdir(), "sync-tool-fish-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "sync-tool.fish");
  writeFileSync(file, script("fish"));
  const ask = (line: string): string =>
    spawnSync("fish", ["--no-config", "-c", `source ${file}; complete -C ${JSON.stringify(line)}`], {
      encoding: "utf8",
    }).stdout;
  expect(ask("sync-tool pau")).toMatch(/^pause\t/);
  expect(ask("sync-tool run --until")).toMatch(/^--until-drained\t/);
  expect(ask("sync-tool dead-letters re")).toMatch(/^retry\t/);
  expect(ask("sync-tool completion po")).toBe("powershell\n");
  expect(ask("sync-tool status --direction b")).toMatch(/^back\t/);
});

test("PowerShell is told which options have a value to come: there it offers files", () => {
  const [, listed = ""] = /\$takesValue = @\((.*)\)/.exec(script("powershell")) ?? [];
  const names = new Set(listed.split(", "));
  for (const { options } of tree)
    for (const { names: own, value } of options)
      for (const name of own) expect(names.has(`'${name}'`), name).toBe(value !== undefined);
});

test.runIf(findProgram("pwsh") !== undefined)("PowerShell offers commands and options", () => {
  const folder = mkdtempSync(join(tmpdir(), "sync-tool-powershell-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "sync-tool.ps1");
  writeFileSync(file, script("powershell"));
  const ask = (line: string): string =>
    spawnSync(
      "pwsh",
      [
        ...["-NoProfile", "-NonInteractive", "-Command"],
        `. ${file}; (TabExpansion2 -inputScript '${line}' -cursorColumn ${line.length}).CompletionMatches.CompletionText`,
      ],
      { encoding: "utf8", cwd: folder },
    ).stdout.trim();
  expect(ask("sync-tool pau")).toBe("pause");
  expect(ask("sync-tool pause")).toBe("pause");
  expect(ask("sync-tool run --until")).toBe("--until-drained");
  expect(ask("sync-tool dead-letters re")).toBe("retry");
  expect(ask("sync-tool completion po")).toBe("powershell");
  expect(ask("sync-tool status --direction b")).toBe("back");
  expect(ask("sync-tool copy --table status --wat")).toBe("");
  expect(ask("sync-tool run --config sync")).toContain("sync-tool.ps1");
});

test("options may stand before the command, with their values", () => {
  const first = (...argv: readonly string[]) => commandFirst(program, argv);
  expect(first("--debug", "run", "--once")).toEqual(["run", "--debug", "--once"]);
  expect(first("-c", "run", "--json", "dead-letters", "list", "--id", "1")).toEqual([
    "dead-letters",
    "list",
    "-c",
    "run",
    "--json",
    "--id",
    "1",
  ]);
  expect(first("--config=x", "status")).toEqual(["status", "--config=x"]);
  for (const argv of [["--version"], ["--fast", "run"], ["--debug"], ["run", "--debug"], []])
    expect(first(...argv)).toEqual(argv);
});

test("no option takes a value with one command and none with another", () => {
  const takes = new Map<string, boolean>();
  for (const { options } of tree)
    for (const { names, value } of options)
      for (const name of names) {
        expect(takes.get(name) ?? value !== undefined).toBe(value !== undefined);
        takes.set(name, value !== undefined);
      }
});

const page = manPage(program, "1.2.3");

test("the man page has every command and option, and no line of it is taken for an instruction", () => {
  const plain = page.replaceAll("\\-", "-");
  for (const { name, options, children } of tree) {
    if (name !== "" && children.length === 0) expect(plain).toContain(`.SS ${name}\n`);
    for (const { flags } of options) expect(plain).toContain(`\\fB${flags}\\fR`);
  }
  const instructions = new Set(page.match(/^[.']\S*/gm));
  expect([...instructions].sort()).toEqual([".PP", ".SH", ".SS", ".TH", ".TP"]);
});

test.runIf(findProgram("groff") !== undefined)("groff finds nothing to warn of in the man page", () => {
  const done = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-z", "-k"], { input: page, encoding: "utf8" });
  expect([done.status, done.stderr]).toEqual([0, ""]);
});
