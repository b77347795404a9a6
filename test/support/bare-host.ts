/** A host without Node: a folder in the root file system that install-bare-host.sh made, entered by `chroot`. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, test } from "vitest";
import type { CliResult } from "./cli.ts";
import { testEnv } from "./env.ts";

export interface BareHost {
  /** A folder of this test, as the machine outside sees it. */
  readonly folder: string;
  /** The same folder, as the host sees it. */
  readonly inside: string;
  /** Runs a program of the host in that folder to its end, by default as root. */
  run(command: string, args: readonly string[], options?: HostOptions): Promise<CliResult>;
  close(): Promise<void>;
}

export interface HostOptions {
  /** `uid:gid` */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const isThere = (): boolean => process.getuid?.() === 0 && existsSync(join(testEnv.bareHost(), "bin/sh"));

export async function openBareHost(): Promise<BareHost> {
  const root = testEnv.bareHost();
  const folder = await mkdtemp(join(root, "tmp/sync-tool-"));
  // For users of the host, who are none here.
  await chmod(folder, 0o777);
  const inside = `/tmp/${basename(folder)}`;
  return {
    folder,
    inside,
    run: (command, args, { user = "0:0", env = {} } = {}) => {
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const words = [
        `--userspec=${user}`,
        root,
        "/usr/bin/env",
        "-i",
        `--chdir=${inside}`,
        "PATH=/usr/bin:/bin",
      ];
      return runToEnd("chroot", [...words, ...variables, command, ...args]);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function runToEnd(command: string, args: readonly string[]): Promise<CliResult> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 120_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ code, signal: error?.signal ?? null, stdout, stderr });
    });
  });
}

/** Defines a suite that needs the bare host; without it the suite is skipped by name, or fails when it is required. */
export function describeOnBareHost(title: string, define: () => void): void {
  if (isThere()) describe(title, define);
  else if (testEnv.requiredPrograms().includes("bare-host")) {
    test(`${title} on bare-host`, () => {
      throw new Error(
        "SYNC_TEST_REQUIRE_PROGRAMS names bare-host: test/support/servers/install-bare-host.sh, as root",
      );
    });
  } else {
    const missing = "no bare host (as root: test/support/servers/install-bare-host.sh)";
    test.skip(`${title} on bare-host: skipped, ${missing}`, () => undefined);
  }
}
