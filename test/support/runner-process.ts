import { spawn } from "node:child_process";
import { join } from "node:path";
import type { IsVersion } from "../../src/config/versions.ts";
import type { BlueGreen } from "./blue-green.ts";
import type { TestConnectionSettings } from "./servers/test-server.ts";
import { waitFor } from "./wait-for.ts";

export interface RunnerOptions {
  readonly source: TestConnectionSettings;
  readonly target: TestConnectionSettings;
  readonly sourceVersion: IsVersion;
  readonly targetVersion: IsVersion;
  readonly tables: readonly string[];
  readonly batchSize: number;
  readonly parallelism?: number;
  readonly until: "stopped" | "drained";
}

export interface RunnerProcess {
  /** Waits until the runner has printed a line that begins like this; `after`: beyond so many lines. */
  printed(beginning: string, timeoutMs?: number): Promise<string>;
  readonly lines: () => readonly string[];
  kill(signal: NodeJS.Signals): void;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts a runner as a child process. `failpoint`: where it kills itself, as in src/util/failpoint.ts. */
export function startRunner(
  pair: BlueGreen,
  options: Omit<RunnerOptions, "source" | "target">,
  failpoint?: string,
): RunnerProcess {
  const argument = { ...options, source: pair.source.test.settings, target: pair.target.test.settings };
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(import.meta.dirname, "runner-main.ts"), JSON.stringify(argument)],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...(failpoint === undefined ? {} : { SYNC_TOOL_FAILPOINT: failpoint }) },
    },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const lines = (): readonly string[] => stdout.split("\n");
  let isOver = false;
  return {
    lines,
    printed: (beginning, timeoutMs = 30_000) =>
      waitFor(
        () => {
          const line = lines().find((candidate) => candidate.startsWith(beginning));
          if (line === undefined && isOver)
            throw new Error(`The runner ended without "${beginning}": ${stderr}`);
          return line;
        },
        { what: `the runner to print "${beginning}"`, timeoutMs, facts: () => stdout + stderr },
      ),
    kill: (signal) => child.kill(signal),
    ended: new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        isOver = true;
        if (code !== 0 && signal === null) reject(new Error(`The runner failed (${code}): ${stderr}`));
        else resolve(signal ?? code);
      });
    }),
  };
}
