/** Everything the demo starts and writes, in one temporary folder, and its end: also by Ctrl-C. */

import { chmod, mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../support/servers/postgres.ts";
import type { TestServer } from "../support/servers/test-server.ts";

export interface Stage {
  /** The only folder that is written to. */
  readonly folder: string;
  readonly server: TestServer;
  /** Called at the end, last one first, before the server stops. */
  onEnd(close: () => Promise<void>): void;
}

/**
 * Starts a private PostgreSQL server, does the work, then stops the server and removes the folder. SIGINT and SIGTERM
 * end the work where it is. Gives the process's exit code.
 */
export async function onStage(work: (stage: Stage) => Promise<number>): Promise<number> {
  let interrupt: (exitCode: number) => void = () => undefined;
  const interrupted = new Promise<number>((resolve) => {
    interrupt = resolve;
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => interrupt(128 + constants.signals[signal]));
  }
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-demo-"));
  // The server may run as another user, who must be able to enter; what it needs is put here as well.
  await chmod(folder, 0o755);
  process.env["TMPDIR"] = folder;
  const starting = startPostgres();
  const closers: (() => Promise<void>)[] = [];
  try {
    const working = starting.then((server) =>
      work({ folder, server, onEnd: (close) => void closers.push(close) }),
    );
    return await Promise.race([working, interrupted]);
  } finally {
    for (const close of closers.reverse()) await close().catch(() => undefined);
    await starting.then(
      (server) => server.stop(),
      () => undefined,
    );
    await rm(folder, { recursive: true, force: true });
  }
}
