/** PgBouncer before a PostgreSQL server, when the machine has it (Debian: pgbouncer). */

import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../wait-for.ts";
import { findProgram } from "./find-program.ts";
import { freePort, launch, logTail } from "./process.ts";
import { endProcess, isAlive, recordProcess } from "./process-records.ts";
import type { TestServer } from "./test-server.ts";

export interface Pgbouncer {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

export const findPgbouncer = (): string | undefined => findProgram("pgbouncer");

/** Lets every user of the server in with the tests' password. */
export async function startPgbouncer(
  server: TestServer,
  poolMode: "session" | "transaction" | "statement",
  users: readonly { readonly user: string; readonly password: string }[],
): Promise<Pgbouncer> {
  const command = findPgbouncer();
  if (command === undefined) throw new Error("There is no pgbouncer: apt-get install pgbouncer");
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-bouncer-"));
  const port = await freePort();
  const logFile = join(folder, "log");
  await writeFile(
    join(folder, "ini"),
    [
      "[databases]",
      `* = host=${server.host} port=${server.port}`,
      "[pgbouncer]",
      "listen_addr=127.0.0.1",
      `listen_port=${port}`,
      "auth_type=plain",
      `auth_file=${join(folder, "users")}`,
      `pool_mode=${poolMode}`,
      "default_pool_size=10",
      "unix_socket_dir=",
      "",
    ].join("\n"),
  );
  await writeFile(
    join(folder, "users"),
    users.map(({ user, password }) => `"${user}" "${password}"\n`).join(""),
  );
  // It refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  await chmod(folder, 0o755);
  if (isRoot) execFileSync("chown", ["-R", "nobody", folder]);
  const pid = await launch({
    command,
    args: ["-q", ...(isRoot ? ["-u", "nobody"] : []), join(folder, "ini")],
    logFile,
  });
  recordProcess({ pid, dataDir: folder, stopSignal: "SIGINT" });
  await waitFor(
    () => {
      if (!isAlive(pid)) throw new Error(`pgbouncer ended at its start\n${logTail(logFile)}`);
      return takesConnections(port);
    },
    { what: "pgbouncer to listen", facts: () => logTail(logFile) },
  );
  return {
    host: "127.0.0.1",
    port,
    async stop() {
      await endProcess(pid, "SIGINT").catch(() => endProcess(pid, "SIGKILL"));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (takes: boolean): void => {
      socket.destroy();
      resolve(takes);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
