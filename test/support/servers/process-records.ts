/** Which server processes a test run has started: a file per process, so that nothing outlives the run. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { testEnv } from "../env.ts";
import { waitFor } from "../wait-for.ts";

interface ProcessRecord {
  readonly pid: number;
  readonly dataDir: string;
  readonly stopSignal: NodeJS.Signals;
}

const folder = (runDir: string) => join(runDir, "processes");

/** Notes a server process; nothing happens outside a test run. */
export function recordProcess(record: ProcessRecord): void {
  const runDir = testEnv.runDir();
  if (runDir === undefined) return;
  mkdirSync(folder(runDir), { recursive: true });
  writeFileSync(join(folder(runDir), `${record.pid}.json`), JSON.stringify(record));
}

/** Takes the note back once the process has ended: its id may be given to another one. */
export function forgetProcess(pid: number): void {
  const runDir = testEnv.runDir();
  if (runDir !== undefined) rmSync(join(folder(runDir), `${pid}.json`), { force: true });
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
  if (isAlive(pid)) {
    process.kill(pid, signal);
    await waitFor(() => !isAlive(pid), { what: `the end of process ${pid} after ${signal}`, timeoutMs });
  }
  forgetProcess(pid);
}

/** Ends every recorded server of a run and removes its data. */
export async function endRecordedServers(runDir: string): Promise<void> {
  const files = await readdir(folder(runDir)).catch(() => []);
  await Promise.all(
    files.map(async (file) => {
      const record: ProcessRecord = JSON.parse(await readFile(join(folder(runDir), file), "utf8"));
      await endProcess(record.pid, record.stopSignal, 10_000).catch(() => endProcess(record.pid, "SIGKILL"));
      await rm(record.dataDir, { recursive: true, force: true });
      await rm(join(folder(runDir), file), { force: true });
    }),
  );
}
