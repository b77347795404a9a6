/** What MariaDB and MySQL servers have in common when they are started privately. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { chown } from "node:fs/promises";
import { join } from "node:path";
import { TEST_PASSWORD } from "./database.ts";
import type { ServerAddress } from "./test-server.ts";

export interface MysqlServerOptions {
  /** Default false. With the binary log on, making a trigger needs SUPER or `trustFunctionCreators`. */
  readonly binaryLog?: boolean;
  /** Default true. Matters with the binary log only. */
  readonly trustFunctionCreators?: boolean;
  /** More server options, e.g. `["--lower-case-table-names=1"]`; the last one wins. */
  readonly args?: readonly string[];
}

/** The rights that server processes need on a folder they are given. */
export async function giveTo(user: string, ...paths: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const id = (flag: string) => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  for (const path of paths) await chown(path, id("-u"), id("-g"));
}

/** Run at every start: root may log in by TCP with the password and without it not at all. */
export function writeInitFile(folder: string): string {
  const file = join(folder, "init.sql");
  writeFileSync(
    file,
    [
      `CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY '${TEST_PASSWORD}';`,
      "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;",
      "DROP USER IF EXISTS 'root'@'localhost', 'root'@'127.0.0.1', 'root'@'::1', ''@'localhost';",
      "",
    ].join("\n"),
    { mode: 0o644 },
  );
  return file;
}

export const mysqlAddress = (dialect: "mysql" | "mariadb", port: number): ServerAddress => ({
  dialect,
  host: "127.0.0.1",
  port,
  adminUser: "root",
  adminPassword: TEST_PASSWORD,
});

/** Options that both servers understand. `folder` is the data folder as the server sees it. */
export function serverArgs(folder: string, port: number, options: MysqlServerOptions): string[] {
  return [
    `--datadir=${folder}/data`,
    `--socket=${folder}/s.sock`,
    // A server that starts removes what it finds there: another server's temporary tables too.
    `--tmpdir=${folder}`,
    `--pid-file=${folder}/server.pid`,
    `--init-file=${folder}/init.sql`,
    "--bind-address=127.0.0.1",
    `--port=${port}`,
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
    "--max-connections=200",
    "--secure-file-priv=",
    "--default-time-zone=+00:00",
    // A commit reaches the operating system, which survives the kill of the server.
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-buffer-pool-size=64M",
    `--log-bin-trust-function-creators=${options.trustFunctionCreators === false ? 0 : 1}`,
    ...(options.binaryLog
      ? [`--log-bin=${folder}/data/binlog`, "--server-id=1", "--binlog-format=ROW", "--sync-binlog=0"]
      : ["--skip-log-bin"]),
    ...(options.args ?? []),
  ];
}
