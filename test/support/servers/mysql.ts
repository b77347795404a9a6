/** Real MySQL, run privately: from a chroot that `install-mysql.sh` makes, or from a path that the environment names. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { testEnv } from "../env.ts";
import { findProgram } from "./find-program.ts";
import { startManagedServer } from "./managed-server.ts";
import { mysqlAccess } from "./mysql-access.ts";
import { type MysqlServerOptions, mysqlAddress, serverArgs, writeInitFile } from "./mysql-process.ts";
import { freePort, runProgram } from "./process.ts";
import type { TestServer } from "./test-server.ts";

export interface MysqlProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The folder that the server sees as `/`; empty without a chroot. */
  readonly root: string;
}

function isRealMysql(path: string): boolean {
  // Where MariaDB is installed, mysqld is another name of mariadbd.
  return !execFileSync(path, ["--no-defaults", "--version"], { encoding: "utf8" }).includes("MariaDB");
}

/** How to run a real mysqld, or undefined when there is none that this user can run. */
export function findMysql(): MysqlProgram | undefined {
  const root = testEnv.mysqlChroot();
  if (process.getuid?.() === 0 && existsSync(join(root, "usr/sbin/mysqld"))) {
    return { command: findProgram("chroot") ?? "chroot", args: [root, "/usr/sbin/mysqld"], root };
  }
  const mysqld = testEnv.mysqld() ?? findProgram("mysqld");
  return mysqld !== undefined && isRealMysql(mysqld) ? { command: mysqld, args: [], root: "" } : undefined;
}

/** The data folder belongs to the user `mysql` of the chroot, whose number may differ from that of the machine. */
function giveToServer(program: MysqlProgram, folder: string): void {
  if (process.getuid?.() !== 0) return;
  const [chroot = "chroot"] = program.root === "" ? [] : [program.command];
  if (program.root === "") execFileSync("chown", ["-R", "mysql:", folder]);
  else execFileSync(chroot, [program.root, "chown", "-R", "mysql:", folder]);
}

/** Starts a private MySQL server on a free port with a temporary data folder. */
export async function startMysql(options: MysqlServerOptions = {}): Promise<TestServer> {
  const program = findMysql();
  if (program === undefined) {
    throw new Error("There is no real MySQL server: as root, run test/support/servers/install-mysql.sh");
  }
  const temporary = program.root === "" ? tmpdir() : join(program.root, "tmp");
  const dataDir = await mkdtemp(join(temporary, "sync-tool-my-"));
  const inside = program.root === "" ? dataDir : `/tmp/${basename(dataDir)}`;
  const common = [...program.args, "--no-defaults", ...(process.getuid?.() === 0 ? ["--user=mysql"] : [])];
  try {
    writeInitFile(dataDir);
    giveToServer(program, inside);
    const logFile = join(dataDir, "server.log");
    await runProgram({
      command: program.command,
      args: [
        ...common,
        "--initialize-insecure",
        `--datadir=${inside}/data`,
        "--innodb-flush-log-at-trx-commit=0",
      ],
      logFile,
    });
    const address = mysqlAddress("mysql", await freePort());
    return await startManagedServer({
      address,
      access: mysqlAccess(address),
      dataDir,
      stopSignal: "SIGTERM",
      program: {
        command: program.command,
        args: [...common, ...serverArgs(inside, address.port, options), "--mysqlx=OFF"],
        logFile,
      },
    });
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}
