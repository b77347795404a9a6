import { createConnection } from "mysql2/promise";
import type { Row, Value } from "../../../src/row.ts";
import { waitFor } from "../wait-for.ts";
import { randomName, TEST_PASSWORD, testDatabase } from "./database.ts";
import type { ServerAccess, ServerAddress, TestConnectionSettings, TestSession } from "./test-server.ts";

const asValue = (value: unknown): Value =>
  value === null || value instanceof Uint8Array ? value : String(value);

/** MySQL's view of connections fails as a whole while any user's statement with an emoji runs (error 3854): undefined then. */
export async function readProcesslist(session: TestSession, sql: string): Promise<Row[] | undefined> {
  try {
    return await session.query(sql);
  } catch (error) {
    if ((error as { errno?: unknown }).errno === 3854) return undefined;
    throw error;
  }
}

export async function openSession(
  settings: Omit<TestConnectionSettings, "database"> & { database?: string },
) {
  const connection = await createConnection({
    host: settings.hosts[0]?.host ?? "",
    port: settings.hosts[0]?.port ?? 0,
    ...(settings.database === undefined ? {} : { database: settings.database }),
    user: settings.user,
    password: settings.password,
    connectTimeout: settings.connectTimeoutMs,
    charset: "utf8mb4",
    multipleStatements: true,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
  });
  // A server that a test kills breaks its connections; the next query reports it.
  connection.on("error", () => undefined);
  const session: TestSession = {
    async query(sql) {
      const [rows] = await connection.query(sql);
      if (!Array.isArray(rows)) return [];
      return (rows as Record<string, unknown>[]).map(
        (row): Row =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name.toUpperCase(), asValue(value)]),
          ),
      );
    },
    async exec(script) {
      for (const sql of [script].flat()) await connection.query(sql);
    },
    // A connection that the server has closed already cannot say goodbye.
    close: () => connection.end().catch(() => connection.destroy()),
  };
  return session;
}

/** Databases and users on a MySQL or MariaDB server. */
export function mysqlAccess(address: ServerAddress): ServerAccess {
  async function asAdmin<T>(work: (session: TestSession) => Promise<T>): Promise<T> {
    const session = await openSession({
      type: address.dialect,
      hosts: [{ host: address.host, port: address.port }],
      user: address.adminUser,
      password: address.adminPassword,
      tls: { mode: "disable" },
      connectTimeoutMs: 5_000,
      pool: { max: 1, acquireTimeoutMs: 5_000 },
    });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  return {
    version: () =>
      asAdmin(async (session) => String((await session.query("SELECT VERSION() AS V"))[0]?.["V"])),
    async createDatabase(name = randomName()) {
      await asAdmin((session) =>
        session.exec([
          `CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4`,
          `CREATE USER '${name}'@'%' IDENTIFIED BY '${TEST_PASSWORD}'`,
          // As an administrator would: in a GRANT on a database, _ and % stand for other characters too.
          `GRANT ALL PRIVILEGES ON \`${name.replaceAll("_", "\\_")}\`.* TO '${name}'@'%'`,
        ]),
      );
      return testDatabase({
        name,
        address,
        jdbcUrl: `jdbc:${address.dialect}://${address.host}:${address.port}/${name}`,
        open: openSession,
        remove: () =>
          asAdmin(async (session) => {
            const strays = await waitFor(
              () =>
                readProcesslist(
                  session,
                  `SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '${name}' OR USER = '${name}'`,
                ),
              { what: "the list of connections" },
            );
            // The connection may have ended by itself in the meantime (error 1094).
            for (const { ID } of strays) await session.exec(`KILL ${String(ID)}`).catch(() => undefined);
            await session.exec([`DROP DATABASE IF EXISTS \`${name}\``, `DROP USER IF EXISTS '${name}'@'%'`]);
          }),
      });
    },
  };
}
