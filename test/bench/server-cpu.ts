import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestServer } from "../support/servers/test-server.ts";
import type { DelayProxy } from "./delay-proxy.ts";

/** /proc counts processor time in hundredths of a second on every common Linux. */
const TICKS_PER_SECOND = 100;

/**
 * Processor seconds that a server has used since it was started, its workers and those that have ended included. From
 * /proc (Linux), and only of a server that was started here.
 */
export function serverCpuSeconds(server: TestServer): number {
  const pid = serverPid(server);
  let ticks = 0;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const fields = statOf(entry);
    // proc(5): 4 the parent, 14 and 15 own time, 16 and 17 that of children that have ended.
    if (entry === pid) ticks += sum(fields, 11, 15);
    else if (fields[1] === pid) ticks += sum(fields, 11, 13);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Processor seconds that a process, its children apart, has used so far. */
export function cpuSeconds(pid: number): number {
  return sum(statOf(String(pid)), 11, 13) / TICKS_PER_SECOND;
}

/** The same of all that share this machine's cores: the server, a proxy in front of it, and this process. */
export function sharedCpuSeconds(server: TestServer, proxy: DelayProxy): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + serverCpuSeconds(server) + cpuSeconds(proxy.pid);
}

function serverPid({ dialect, dataDir }: TestServer): string {
  const file = dialect === "postgres" ? join(dataDir, "data", "postmaster.pid") : join(dataDir, "server.pid");
  return readFileSync(file, "utf8").split("\n")[0]?.trim() ?? "";
}

/** The fields after the program's name, which may hold blanks; none for a process that has just ended. */
function statOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
  } catch {
    return [];
  }
}

const sum = (fields: readonly string[], from: number, to: number): number =>
  fields.slice(from, to).reduce((total, field) => total + Number(field), 0);
