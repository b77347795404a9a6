import pg from "pg";
import type { Row, Value } from "../../../src/row.ts";
import { randomName, TEST_PASSWORD, testDatabase } from "./database.ts";
import type { ServerAccess, ServerAddress, TestConnectionSettings, TestSession } from "./test-server.ts";

const BOOL_OID = 16;
const BYTEA_OID = 17;

/** Text as the server prints it; only booleans and bytes take the form that `Row` promises. */
const asText = {
  getTypeParser: (oid: number) => (value: string) => {
    if (oid === BYTEA_OID) return Buffer.from(value.slice(2), "hex");
    return oid === BOOL_OID ? (value === "t" ? "1" : "0") : value;
  },
} as unknown as pg.CustomTypesConfig;

export async function openSession(settings: TestConnectionSettings): Promise<TestSession> {
  const client = new pg.Client({
    host: settings.hosts[0]?.host,
    port: settings.hosts[0]?.port,
    database: settings.database,
    user: settings.user,
    password: settings.password,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    types: asText,
  });
  // A server that a test kills breaks its connections; the next query reports it.
  client.on("error", () => undefined);
  await client.connect();
  return {
    query: async (sql) =>
      (await client.query<Record<string, Value>>(sql)).rows.map(
        (row): Row =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toUpperCase(), value])),
      ),
    async exec(script) {
      for (const sql of [script].flat()) await client.query(sql);
    },
    close: () => client.end(),
  };
}

/** Databases and users on a PostgreSQL server. */
export function postgresAccess(address: ServerAddress): ServerAccess {
  async function asAdmin<T>(work: (session: TestSession) => Promise<T>): Promise<T> {
    const session = await openSession({
      type: "postgres",
      hosts: [{ host: address.host, port: address.port }],
      database: "postgres",
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
      asAdmin(async (session) => String((await session.query("SHOW server_version"))[0]?.["SERVER_VERSION"])),
    async createDatabase(name = randomName()) {
      await asAdmin((session) =>
        session.exec([
          `CREATE ROLE ${name} LOGIN PASSWORD '${TEST_PASSWORD}'`,
          `GRANT ${name} TO ${address.adminUser}`,
          `CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'`,
        ]),
      );
      return testDatabase({
        name,
        address,
        schema: "public",
        jdbcUrl: `jdbc:postgresql://${address.host}:${address.port}/${name}`,
        open: openSession,
        remove: () =>
          asAdmin((session) =>
            session.exec([
              // WITH (FORCE) came with PostgreSQL 13.
              `ALTER DATABASE ${name} CONNECTION LIMIT 0`,
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
              `DROP DATABASE IF EXISTS ${name}`,
              `DROP ROLE IF EXISTS ${name}`,
            ]),
          ),
      });
    },
  };
}
