/** Server processes: started detached, so that they outlive the worker that started them, in a folder of the caller's. */

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

export interface LaunchOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** The user to run as; only root may say so. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly env?: Readonly<Record<string, string>>;
}

function startChild(options: LaunchOptions) {
  const log = openSync(options.logFile, "a");
  try {
    return spawn(options.command, options.args, {
      cwd: "/",
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: process.env["PATH"], LC_ALL: "C", ...options.env },
      ...options.owner,
    });
  } finally {
    closeSync(log);
  }
}

/** Starts a program and returns its process id as soon as it runs. */
export async function launch(options: LaunchOptions): Promise<number> {
  const child = startChild(options);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.unref();
  return child.pid as number;
}

/** Runs a program to its end. @throws Error with the end of its log when it fails. */
export async function runProgram(options: LaunchOptions): Promise<void> {
  const child = startChild(options);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("exit", resolve);
    child.once("error", reject);
  });
  if (code !== 0) throw new Error(`${options.command} ended with ${code}\n${logTail(options.logFile)}`);
}

/** The processes that this one started and that still run (Linux; elsewhere none are found). */
export function childProcesses(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** A TCP port of the loopback interface that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No free TCP port");
  return address.port;
}

/** The last lines of a log file, for error messages. */
export function logTail(file: string, lines = 25): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}
