/** MariaDB from the machine's package, started privately. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./find-program.ts";
import { startManagedServer } from "./managed-server.ts";
import { mysqlAccess } from "./mysql-access.ts";
import { giveTo, type MysqlServerOptions, mysqlAddress, serverArgs, writeInitFile } from "./mysql-process.ts";
import { freePort, runProgram } from "./process.ts";
import type { TestServer } from "./test-server.ts";

export interface MariadbPrograms {
  readonly server: string;
  readonly install: string;
}

/** The server and the program that makes its data folder, or undefined when MariaDB is not installed. */
export function findMariadb(): MariadbPrograms | undefined {
  const server = findProgram("mariadbd");
  const install = findProgram("mariadb-install-db");
  return server === undefined || install === undefined ? undefined : { server, install };
}

/** Several installations at a time can be too much for a busy machine: a failed one is begun anew, twice. */
const INSTALL_ATTEMPTS = 3;

async function install(
  command: string,
  data: string,
  asUser: readonly string[],
  logFile: string,
): Promise<void> {
  const args = [
    "--no-defaults",
    ...asUser,
    `--datadir=${data}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    ...(existsSync("/usr/share/mysql/mysql_system_tables.sql") ? ["--basedir=/usr"] : []),
  ];
  for (let attempt = 1; ; attempt++) {
    try {
      return await runProgram({ command, args, logFile });
    } catch (error) {
      if (attempt === INSTALL_ATTEMPTS) throw error;
      await rm(data, { recursive: true, force: true });
    }
  }
}

/** Starts a private MariaDB server on a free port with a temporary data folder. Works as root and without. */
export async function startMariadb(options: MysqlServerOptions = {}): Promise<TestServer> {
  const programs = findMariadb();
  if (programs === undefined) throw new Error("MariaDB is not installed: apt-get install mariadb-server");
  const asUser = process.getuid?.() === 0 ? ["--user=mysql"] : [];
  const dataDir = await mkdtemp(join(tmpdir(), "sync-tool-maria-"));
  try {
    await giveTo("mysql", dataDir);
    const logFile = join(dataDir, "server.log");
    await install(programs.install, join(dataDir, "data"), asUser, logFile);
    await giveTo("mysql", writeInitFile(dataDir));
    const address = mysqlAddress("mariadb", await freePort());
    return await startManagedServer({
      address,
      access: mysqlAccess(address),
      dataDir,
      stopSignal: "SIGTERM",
      program: {
        command: programs.server,
        args: ["--no-defaults", ...asUser, ...serverArgs(dataDir, address.port, options)],
        logFile,
      },
    });
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}
