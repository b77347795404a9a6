import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startCli } from "../support/cli.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Lab, position } from "./lab.ts";

/** The most memory that the built `sync-tool run` held while it worked for that long, from /proc (Linux). */
export async function peakMemory(
  lab: Lab,
  sourceVersion: string,
  forMs: number,
  properties: Readonly<Record<string, string>> = {},
): Promise<{ readonly peakMb: number; readonly applied: number }> {
  const [table] = lab.tables;
  if (table === undefined) throw new Error("a lab without tables");
  return await inFolder(lab, sourceVersion, properties, async (folder) => {
    const run = startCli(["run"], folder);
    await delay(forMs);
    const peakMb = heldBy(run.pid) ?? Number.NaN;
    run.kill("SIGTERM");
    const { code, stderr } = await run.ended;
    if (code !== 0) throw new Error(`sync-tool run ended with ${code}: ${stderr.slice(-1_000)}`);
    return { peakMb, applied: Number(await position(lab, table)) };
  });
}

/** The most megabytes that a command as built held from its start to its end: a `copy` of the lab's tables, or a `verify`. */
export async function memoryOf(
  command: "copy" | "verify",
  lab: Lab,
  sourceVersion: string,
  parallelism = 1,
): Promise<number> {
  const properties = { parallelism: String(parallelism) };
  return await inFolder(lab, sourceVersion, properties, async (folder) => {
    const started = startCli([command], folder);
    let peak = 0;
    const look = setInterval(() => {
      peak = Math.max(peak, heldBy(started.pid) ?? 0);
    }, 20);
    const { code, stderr } = await started.ended;
    clearInterval(look);
    if (code !== 0) throw new Error(`sync-tool ${command} ended with ${code}: ${stderr.slice(-1_000)}`);
    return peak;
  });
}

/** Does something while the built `sync-tool copy` fills the lab's target; false when that was through before. */
export async function besideCopy(
  lab: Lab,
  sourceVersion: string,
  work: () => Promise<void>,
): Promise<boolean> {
  return await inFolder(lab, sourceVersion, {}, async (folder) => {
    const copy = startCli(["copy", "--json"], folder);
    const first = `SELECT COUNT(*) AS N FROM (SELECT 1 AS X FROM ${lab.tables[0]?.target.name} LIMIT 1) t`;
    await waitFor(async () => Number((await lab.target.test.query(first))[0]?.["N"]) > 0, {
      what: "the first page",
    });
    await work();
    copy.kill("SIGTERM");
    const { code, stdout, stderr } = await copy.ended;
    if (code !== 0 && code !== 8)
      throw new Error(`sync-tool copy ended with ${code}: ${stderr.slice(-1_000)}`);
    return JSON.parse(stdout).complete === false;
  });
}

/** Undefined once the process has ended. */
function heldBy(pid: number): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found === null ? undefined : Number(found[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** Does something with the lab's configuration in a folder of its own. */
export async function inFolder<T>(
  lab: Lab,
  sourceVersion: string,
  properties: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-bench-"));
  try {
    await writeConfigFiles(folder, {
      source: lab.source.test,
      target: lab.target.test,
      sourceVersion,
      syncTables: lab.tables.map(({ name }) => name),
      properties,
    });
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
