import { resolve } from "node:path";
import type { Command } from "commander";

/** For the commands that transform rows: where the servers' own files say how they store tokens. */
export interface KeyFlags {
  readonly sourceHome?: string;
  readonly targetHome?: string;
}

export function addKeyFlags(command: Command): Command {
  return command
    .option("--source-home <dir>", "home directory of the source's server, to read its keys from")
    .option("--target-home <dir>", "the same for the target's server");
}

/** The flags as `-D` overrides of `source.home` and `target.home`; relative to the working directory. */
export function homeDefines({ sourceHome, targetHome }: KeyFlags): readonly string[] {
  return [
    ...(sourceHome === undefined ? [] : [`source.home=${resolve(sourceHome)}`]),
    ...(targetHome === undefined ? [] : [`target.home=${resolve(targetHome)}`]),
  ];
}
