import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A TCP proxy whose answers arrive late: it adds a round trip to every statement. */
export interface DelayProxy {
  readonly port: number;
  readonly pid: number;
  close(): Promise<void>;
}

/** In a process of its own: timers of a busy process are late, and its work is not the tool's. */
export async function startDelayProxy(host: string, port: number, delayMs: number): Promise<DelayProxy> {
  const child = fork(
    join(import.meta.dirname, "delay-proxy-process.ts"),
    [host, String(port), String(delayMs)],
    { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "inherit", "ipc"] },
  );
  const [own] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => {
      throw new Error("the proxy ended before it began");
    }),
  ]);
  return {
    port: Number(own),
    pid: child.pid ?? 0,
    async close() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}
