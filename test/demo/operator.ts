/** The operator of the demo: writes the configuration and gives sync-tool's commands, in the stage's folder. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatLine } from "../../src/log-line.ts";
import { type CliProcess, type CliResult, startCli } from "../support/cli.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { SOURCE_VERSION, SYNCED } from "./blue-database.ts";
import type { Narrator } from "./narrator.ts";
import type { Stage } from "./stage.ts";

export interface Operator {
  /**
   * Runs a command to its end and shows what it prints, at most `most` lines (default 12).
   *
   * @throws Error when it does not end with 0.
   */
  give(command: string, most?: number): Promise<CliResult>;
  /** Starts a command that goes on until it is stopped. */
  start(command: string): CliProcess;
  /** Shows what a started command has logged so far, in its own words, at most `most` lines. */
  showLog(runner: CliProcess, most: number): void;
}

const datasource = (
  id: string,
  { settings, jdbcUrl }: TestDatabase,
  variable: string,
): string => `[[datasource]]
id = "${id}"
url = "${jdbcUrl}"
username = "${settings.user}"
password = "$env{${variable}}"
`;

/** Writes sync.properties, deployment.toml and .env; gives the text of the first. */
export async function writeConfiguration(
  folder: string,
  blue: TestDatabase,
  green: TestDatabase,
): Promise<string> {
  const properties = `sourceVersion=${SOURCE_VERSION}
targetVersion=5.11.0
syncTables=${SYNCED.slice(0, 2).join(",")},\\
  ${SYNCED.slice(2).join(",")}
identitySchema=jdbc/BlueDB,jdbc/GreenDB
syncInterval=500
wayBack=true
`;
  const files = {
    "sync.properties": properties,
    "deployment.toml": `${datasource("BlueDB", blue, "BLUE_PASSWORD")}\n${datasource("GreenDB", green, "GREEN_PASSWORD")}`,
    ".env": `BLUE_PASSWORD=${blue.settings.password}\nGREEN_PASSWORD=${green.settings.password}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return properties;
}

export function createOperator({ folder, onEnd }: Stage, { command: show, output }: Narrator): Operator {
  const running = new Set<CliProcess>();
  onEnd(async () => {
    for (const { kill } of running) kill("SIGKILL");
    await Promise.all([...running].map(({ ended }) => ended));
  });
  const start = (command: string): CliProcess => {
    show(`sync-tool ${command}`);
    const started = startCli(command.split(" "), folder);
    running.add(started);
    started.ended.finally(() => running.delete(started)).catch(() => undefined);
    return started;
  };
  return {
    start,
    async give(command, most = 12) {
      const result = await start(command).ended;
      const text = [result.stdout, ...forPeople(result.stderr)].filter((part) => part !== "").join("\n");
      if (text !== "") output(text, result.code === 0 ? most : undefined);
      if (result.code !== 0) throw new Error(`sync-tool ${command} ended with ${result.code}`);
      return result;
    },
    showLog: (runner, most) => {
      const lines = forPeople(runner.output().stderr);
      if (lines.length > 0) output(lines.join("\n"), most);
    },
  };
}

/** Log lines as they look on a terminal. */
function forPeople(stderr: string): string[] {
  return stderr
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (line.startsWith("{") && line.endsWith("}") ? formatLine(line) : line));
}
