import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startCli } from "../support/cli.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { type Lab, position } from "./lab.ts";

/** The most memory that the built `sync-tool run` held while it worked for that long, from /proc (Linux). */
export async function peakMemory(
  lab: Lab,
  sourceVersion: string,
  forMs: number,
): Promise<{ readonly peakMb: number; readonly applied: number }> {
  const [table] = lab.tables;
  if (table === undefined) throw new Error("a lab without tables");
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-bench-"));
  try {
    await writeConfigFiles(folder, {
      source: lab.source.test,
      target: lab.target.test,
      sourceVersion,
      syncTables: lab.tables.map(({ name }) => name),
    });
    const run = startCli(["run"], folder);
    await delay(forMs);
    const status = readFileSync(`/proc/${run.pid}/status`, "utf8");
    run.kill("SIGTERM");
    const { code, stderr } = await run.ended;
    if (code !== 0) throw new Error(`sync-tool run ended with ${code}: ${stderr.slice(-1_000)}`);
    const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
    return { peakMb: kilobytes / 1024, applied: Number(await position(lab, table)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
