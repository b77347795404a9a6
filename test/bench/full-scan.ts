import { spawn } from "node:child_process";
import { once } from "node:events";
import { findProgram } from "../support/servers/find-program.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { seconds } from "./stats.ts";

const CLIENTS: Readonly<Record<string, string>> = {
  postgres: "psql",
  mariadb: "mariadb",
  mysql: "mysql",
};

/** Seconds in which the database's own client reads a table in the order of its key; undefined where it is not installed. */
export async function fullScan(
  { settings }: TestDatabase,
  table: string,
  key: readonly string[],
): Promise<number | undefined> {
  const client = findProgram(CLIENTS[settings.type] ?? "none");
  const [address] = settings.hosts;
  if (client === undefined || address === undefined) return undefined;
  const select = `SELECT * FROM ${table} ORDER BY ${key.join(", ")}`;
  const at = ["-h", address.host, settings.type === "postgres" ? "-p" : "-P", String(address.port)];
  const args =
    settings.type === "postgres"
      ? [...at, "-U", settings.user, "-d", settings.database, "-c", `COPY (${select}) TO STDOUT`]
      : [...at, "-u", settings.user, "--quick", "--skip-column-names", "-e", select, settings.database];
  const env = { ...process.env, PGPASSWORD: settings.password, MYSQL_PWD: settings.password };
  return await seconds(async () => {
    const child = spawn(client, args, { env, stdio: ["ignore", "ignore", "inherit"] });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw new Error(`${client} ended with ${code}`);
  });
}
