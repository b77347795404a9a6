import type { Command } from "commander";
import { commandTree } from "./command-tree.ts";

/**
 * Arguments with the command's words at their beginning, where options of it stand before them: `--debug run` is `run --debug`.
 * What begins with anything else stays as it is. Pure.
 */
export function commandFirst(program: Command, argv: readonly string[]): readonly string[] {
  if (!argv[0]?.startsWith("-")) return argv;
  const [, ...commands] = commandTree(program);
  const options = new Map(
    commands.flatMap((command) =>
      command.options.flatMap(({ names, value }) =>
        names.map((name) => [name, value !== undefined] as const),
      ),
    ),
  );
  let at = 0;
  while (argv[at]?.startsWith("-")) {
    const [name = "", value] = (argv[at] ?? "").split("=", 2);
    const takesValue = options.get(name);
    if (takesValue === undefined) return argv;
    at += takesValue && value === undefined ? 2 : 1;
  }
  const words = [argv.slice(at, at + 2), argv.slice(at, at + 1)].find((some) =>
    commands.some(({ name }) => name === some.join(" ")),
  );
  if (words === undefined) return argv;
  return [...words, ...argv.slice(0, at), ...argv.slice(at + words.length)];
}
