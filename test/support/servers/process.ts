/** Server processes: started detached, so that they outlive the worker that started them, and ended by their own id. */

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { testEnv } from "../env.ts";
import { waitFor } from "../wait-for.ts";

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

/** Starts a server process and returns its id; it is recorded for the clean-up of the test run. */
export async function launch(options: LaunchOptions, dataDir: string): Promise<number> {
  const child = startChild(options);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.unref();
  const pid = child.pid as number;
  const runDir = testEnv.runDir();
  if (runDir !== undefined) {
    await mkdir(join(runDir, "pids"), { recursive: true });
    await writeFile(join(runDir, "pids", `${pid}.json`), JSON.stringify({ pid, dataDir }));
  }
  return pid;
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

/** A process that has ended but was not collected by its parent counts as ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // No /proc on this system, or the process has ended between the two looks.
    return process.platform !== "linux";
  }
}

/** Sends a signal and waits until the process is gone; nothing happens when it is gone already. */
export async function endProcess(pid: number, signal: NodeJS.Signals, timeoutMs = 30_000): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, signal);
  await waitFor(() => !isAlive(pid), { what: `the end of process ${pid} after ${signal}`, timeoutMs });
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
