/** The built command as a child process. */

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { faultsOfLog, faultsOfOutput } from "./json-contract.ts";
import { findSecrets } from "./secrets.ts";

const ENTRY = join(import.meta.dirname, "../../bin/sync-tool.js");

export interface CliResult {
  /** Null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly pid: number;
  /** What it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<CliResult>;
}

function readLog(cwd: string): string {
  const file = join(cwd, "logs", "sync.log");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/**
 * Starts `sync-tool` with these arguments in this folder (its logs end up there). Secrets in output or log are a failure,
 * and so is JSON that its schema does not know.
 * `failpoint`: where it kills itself, as in src/util/failpoint.ts.
 */
export function startCli(args: readonly string[], cwd: string, failpoint?: string): CliProcess {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...(failpoint === undefined ? {} : { SYNC_TOOL_FAILPOINT: failpoint }) },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const found = findSecrets(`${stdout}${stderr}${readLog(cwd)}`);
      const faults = [...faultsOfLog(stderr), ...(signal === null ? faultsOfOutput(args, stdout) : [])];
      if (faults.length > 0) reject(new Error(`JSON that breaks its contract: ${faults.join("; ")}`));
      else if (found.length === 0) resolve({ code, signal, stdout, stderr });
      else
        reject(
          new Error(`sync-tool ${args[0]} gave away secrets ${found.join(", ")} of test/support/secrets.ts`),
        );
    });
  });
  return {
    pid: child.pid ?? 0,
    output: () => ({ stdout, stderr }),
    kill: (signal) => child.kill(signal),
    ended,
  };
}

/** Runs `sync-tool` to its end; kills it when that takes too long (default 60 s). */
export async function runCli(args: readonly string[], cwd: string, timeoutMs = 60_000): Promise<CliResult> {
  const started = startCli(args, cwd);
  const timer = setTimeout(() => started.kill("SIGKILL"), timeoutMs);
  try {
    return await started.ended;
  } finally {
    clearTimeout(timer);
  }
}
