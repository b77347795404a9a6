/** `sync-tool run` as a child process that is killed and started again, as a service manager does. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../support/wait-for.ts";

export interface Runner {
  /** Ends the process as `kill -9` does and starts another one. */
  kill(): Promise<void>;
  /** Throws when a runner ended in a way that it should not. */
  check(): void;
  /** How often a database was not there when a runner began. */
  readonly unreachable: () => number;
  /** Asks the runner to end, and waits for it. */
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");
const ENTRY = join(import.meta.dirname, "runner-process.ts");
/** Exit code of a command that could not connect: the one after which a service manager tries again. */
const UNREACHABLE = 4;
const KEPT_OUTPUT = 6_000;

interface Launched extends ChildProcess {
  /** The end of what it wrote. */
  readonly output: () => string;
  readonly hasBegun: () => boolean;
}

function launch(args: readonly string[]): Launched {
  const child = spawn(process.execPath, ["--import", "tsx", ENTRY, ...args, "--debug"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let hasBegun = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT);
      hasBegun ||= output.includes('"run begins"');
    });
  }
  return Object.assign(child, { output: () => output, hasBegun: () => hasBegun });
}

/** Runs a command to its end. */
export async function runCommand(
  args: readonly string[],
  timeoutMs: number,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = launch(args);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { code, output: child.output() };
}

export function startRunner(args: readonly string[]): Runner {
  let failure: string | undefined;
  let unreachable = 0;
  let isStopping = false;
  let current = start();

  function start() {
    const child = launch(args);
    const ended = new Promise<void>((resolve) => {
      child.once("close", (code, signal) => {
        resolve();
        if (signal === "SIGKILL" || (isStopping && code === 0)) return;
        if (code === UNREACHABLE && !isStopping) {
          unreachable += 1;
          void delay(200).then(() => {
            if (!isStopping && current.child === child) current = start();
          });
          return;
        }
        failure = `a runner ended with ${code ?? signal}\n${child.output()}`;
      });
    });
    return { child, ended };
  }

  const check = (): void => {
    if (failure !== undefined) throw new Error(failure);
  };
  return {
    check,
    unreachable: () => unreachable,
    async kill() {
      const { child, ended } = current;
      child.kill("SIGKILL");
      await ended;
      check();
      current = start();
      // Until it works again: a runner that is killed while it loads its code proves nothing.
      await waitFor(
        () => {
          check();
          return current.child.hasBegun() || current.child.exitCode === UNREACHABLE;
        },
        { what: "a new runner to begin", timeoutMs: 60_000, facts: () => current.child.output() },
      );
    },
    async stop() {
      isStopping = true;
      const { child, ended } = current;
      if (child.exitCode === UNREACHABLE) return;
      child.kill("SIGTERM");
      await ended;
      check();
    },
  };
}
