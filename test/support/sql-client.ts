/** The databases' own command-line clients, as a DBA uses them. */

import { type ChildProcess, spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { findProgram } from "./servers/find-program.ts";
import type { TestConnectionSettings, TestDatabase } from "./servers/test-server.ts";
import { readSqlcmd } from "./sqlcmd.ts";
import { readSqlplus } from "./sqlplus.ts";

export interface ClientResult {
  readonly code: number | null;
  /** Both streams. */
  readonly output: string;
}

/** Runs a script unchanged, `psql -f file` or `mariadb < file`, as the owner of the database or as the user given. */
export async function runScript(
  database: TestDatabase,
  file: string,
  settings: TestConnectionSettings = database.settings,
): Promise<ClientResult> {
  if (settings.type === "oracle") return await runAsSqlplus(database, file, settings);
  if (settings.type === "mssql") return await runAsSqlcmd(database, file, settings);
  const { host, port } = settings.hosts[0] ?? { host: "", port: 0 };
  const isPostgres = settings.type === "postgres";
  const script = await open(file);
  try {
    const child = isPostgres
      ? spawn(
          "psql",
          ["-h", host, "-p", String(port), "-U", settings.user, "-d", database.name, "-q", "-f", file],
          {
            env: { ...process.env, PGPASSWORD: settings.password },
          },
        )
      : // The password of a MySQL account is given over an encrypted connection only.
        spawn(
          "mariadb",
          [
            "-h",
            host,
            "-P",
            String(port),
            "-u",
            settings.user,
            "--ssl",
            "--skip-ssl-verify-server-cert",
            database.name,
          ],
          {
            env: { ...process.env, MYSQL_PWD: settings.password },
            stdio: [script.fd, "pipe", "pipe"],
          },
        );
    return await ended(child);
  } finally {
    await script.close();
  }
}

function ended(child: ChildProcess): Promise<ClientResult> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** With sqlcmd where it is installed; else sends the batches that it would read in the script, and stops as it does. */
async function runAsSqlcmd(
  database: TestDatabase,
  file: string,
  settings: TestConnectionSettings,
): Promise<ClientResult> {
  const program = findProgram("sqlcmd");
  const [host] = settings.hosts;
  if (program !== undefined) {
    const server = ["-S", `tcp:${host?.host},${host?.port}`, "-C", "-U", settings.user, "-d", database.name];
    const env = { ...process.env, SQLCMDPASSWORD: settings.password };
    return await ended(spawn(program, [...server, "-i", file], { env }));
  }
  const { batches, problems, onError } = readSqlcmd(await readFile(file, "utf8"));
  if (problems.length > 0 || onError !== "EXIT")
    return { code: 1, output: [...problems, `:On Error ${onError ?? "ignore"}`].join("\n") };
  const session = await database.session({ admin: settings.user === database.adminSettings.user });
  try {
    // The one setting that the program begins with and the driver does not ("sqlcmd utility", -I).
    await session.exec(["SET QUOTED_IDENTIFIER OFF", ...batches]);
    return { code: 0, output: "" };
  } catch (error) {
    return { code: 1, output: error instanceof Error ? error.message : String(error) };
  } finally {
    await session.close();
  }
}

/** Without the client, which no package of ours brings: sends what it would read in the script, and stops as it does. */
async function runAsSqlplus(
  database: TestDatabase,
  file: string,
  settings: TestConnectionSettings,
): Promise<ClientResult> {
  const { statements, problems, onError } = readSqlplus(await readFile(file, "utf8"));
  if (problems.length > 0 || !/^EXIT\b/i.test(onError ?? ""))
    return { code: 1, output: [...problems, `WHENEVER SQLERROR ${onError ?? "CONTINUE"}`].join("\n") };
  const session = await database.session({ admin: settings.user === database.adminSettings.user });
  try {
    await session.exec(statements);
    return { code: 0, output: "" };
  } catch (error) {
    return { code: 1, output: error instanceof Error ? error.message : String(error) };
  } finally {
    await session.close();
  }
}
