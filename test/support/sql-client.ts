/** The databases' own command-line clients, as a DBA uses them. */

import { spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import type { TestConnectionSettings, TestDatabase } from "./servers/test-server.ts";
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
  if (settings.type === "oracle") return await runAsSqlplus(database, await readFile(file, "utf8"));
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
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, output }));
    });
  } finally {
    await script.close();
  }
}

/** Without the client, which no package of ours brings: sends as the owner what it would read in the script, and stops as it does. */
async function runAsSqlplus(database: TestDatabase, script: string): Promise<ClientResult> {
  const { statements, problems, onError } = readSqlplus(script);
  if (problems.length > 0 || !/^EXIT\b/i.test(onError ?? ""))
    return { code: 1, output: [...problems, `WHENEVER SQLERROR ${onError ?? "CONTINUE"}`].join("\n") };
  const session = await database.session();
  try {
    await session.exec(statements);
    return { code: 0, output: "" };
  } catch (error) {
    return { code: 1, output: error instanceof Error ? error.message : String(error) };
  } finally {
    await session.close();
  }
}
