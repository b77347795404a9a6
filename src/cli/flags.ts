import { type Command, Option } from "commander";

/** Where `prepare --generate-ddl` writes without --out. */
export const SCRIPT_FOLDER = "dbscripts/sync-tool";

/** Flags that every command has. */
export interface CommonFlags {
  /** Path of sync.properties. */
  readonly config: string;
  readonly deployment?: string;
  /** `key=value` of each -D. */
  readonly define: readonly string[];
  readonly logDir: string;
  readonly debug?: true;
  /** Seconds after which the command gives up, where it takes such a limit. */
  readonly timeout?: string;
  /** "forward" or "back", where the command takes it. */
  readonly direction?: string;
}

export function addCommonFlags(command: Command): Command {
  return command
    .option("-c, --config <path>", "sync.properties", "sync.properties")
    .option("--deployment <path>", "deployment.toml (default: beside sync.properties, then $CARBON_HOME)")
    .addOption(
      new Option("-D, --define <key=value>", "a key of sync.properties that wins over the file; repeatable")
        .argParser((value: string, before: readonly string[]) => [...before, value])
        .default([], "none"),
    )
    .option("--log-dir <dir>", "folder of sync.log", "logs")
    .option("--debug", "log more, and say where in the code a failure came from");
}

/** For commands that look at, or work on, one direction of a configuration with a way back. */
export function addDirection(command: Command): Command {
  return command.option(
    "--direction <forward|back>",
    "with wayBack=true (default: that of the side that serves users)",
  );
}

/** For commands that somebody waits for. */
export function addTimeout(command: Command): Command {
  return command.option("--timeout <seconds>", "give up after so long, whatever a server does or does not");
}
