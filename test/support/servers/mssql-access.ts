import { Connection } from "tedious";
import { send } from "../../../src/dialect/mssql/client.ts";
import type { Row, Value } from "../../../src/row.ts";
import { randomName, TEST_PASSWORD, testDatabase } from "./database.ts";
import type { ServerAccess, ServerAddress, TestConnectionSettings, TestSession } from "./test-server.ts";

function asValue(value: unknown): Value {
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return value ? "1" : "0";
  return value instanceof Date ? asTime(value) : String(value);
}

/** Written as the other databases write it, without zeros at its end; the driver keeps what is below a millisecond apart. */
function asTime(value: Date & { readonly nanosecondsDelta?: number }): string {
  const belowMs = Math.round((value.nanosecondsDelta ?? 0) * 1e7);
  const digits = `${value.toISOString().slice(20, 23)}${String(belowMs).padStart(4, "0")}`.replace(/0+$/, "");
  const seconds = value.toISOString().slice(0, 19).replace("T", " ");
  return digits === "" ? seconds : `${seconds}.${digits}`;
}

/** What the tests say to every database, in Transact-SQL; the end of a transaction that is over already is no error. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^BEGIN$/i, "BEGIN TRANSACTION"],
  [/^(COMMIT|ROLLBACK)$/i, "IF @@TRANCOUNT > 0 $1 TRANSACTION"],
  [/^SAVEPOINT (\w+)$/i, "SAVE TRANSACTION $1"],
  [/^ROLLBACK TO SAVEPOINT (\w+)$/i, "ROLLBACK TRANSACTION $1"],
  [/^(SELECT .* FROM \w+)( WHERE .*)? FOR UPDATE$/is, "$1 WITH (UPDLOCK, HOLDLOCK)$2"],
  [/^CREATE TABLE (\w+) AS SELECT (.*?) FROM /is, "SELECT $2 INTO $1 FROM "],
  [/( ORDER BY .*) LIMIT (\d+)$/is, "$1 OFFSET 0 ROWS FETCH NEXT $2 ROWS ONLY"],
];

export const inTsql = (sql: string): string =>
  WORDS.reduce((text, [word, instead]) => text.replace(word, instead), sql.trim());

async function openSession(settings: TestConnectionSettings): Promise<TestSession> {
  const connection = new Connection({
    server: settings.hosts[0]?.host ?? "",
    authentication: { type: "default", options: { userName: settings.user, password: settings.password } },
    options: {
      port: settings.hosts[0]?.port ?? 1433,
      database: settings.database,
      encrypt: false,
      connectTimeout: settings.connectTimeoutMs,
      requestTimeout: 0,
    },
  });
  connection.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  return {
    query: async (sql) =>
      (await send(connection, inTsql(sql), [])).rows.map(
        (row): Row =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name.toUpperCase(), asValue(value)]),
          ),
      ),
    async exec(script) {
      for (const sql of [script].flat()) await send(connection, inTsql(sql), []);
    },
    close: async () => connection.close(),
  };
}

/** The tests' texts have characters of every kind, and WSO2's columns are of type VARCHAR. */
const COLLATION = "Latin1_General_100_CI_AS_SC_UTF8";

/**
 * Databases and logins on a SQL Server from 2019 on. With SYNC_TEST_MSSQL_SNAPSHOT set, readers get versions of rows and take no locks
 * (READ_COMMITTED_SNAPSHOT); the default of the product is the other way.
 */
export function mssqlAccess(address: ServerAddress): ServerAccess {
  async function asAdmin<T>(database: string, work: (session: TestSession) => Promise<T>): Promise<T> {
    const session = await openSession({
      type: "mssql",
      hosts: [{ host: address.host, port: address.port }],
      database,
      user: address.adminUser,
      password: address.adminPassword,
      tls: { mode: "disable" },
      connectTimeoutMs: 15_000,
      pool: { max: 1, acquireTimeoutMs: 15_000 },
    });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  return {
    version: () =>
      asAdmin("master", async (session) => {
        const rows = await session.query(
          "SELECT CONVERT(varchar(40), SERVERPROPERTY('ProductVersion')) AS V",
        );
        return String(rows[0]?.["V"]);
      }),
    async createDatabase(name = randomName()) {
      const isSnapshot = (process.env["SYNC_TEST_MSSQL_SNAPSHOT"] ?? "") !== "";
      await asAdmin("master", (session) =>
        session.exec([
          `CREATE DATABASE [${name}] COLLATE ${COLLATION}`,
          `ALTER DATABASE [${name}] SET ALLOW_SNAPSHOT_ISOLATION ON`,
          `ALTER DATABASE [${name}] SET READ_COMMITTED_SNAPSHOT ${isSnapshot ? "ON" : "OFF"}`,
          `CREATE LOGIN [${name}] WITH PASSWORD = '${TEST_PASSWORD}', CHECK_POLICY = OFF`,
        ]),
      );
      await asAdmin(name, (session) =>
        session.exec([
          `CREATE USER [${name}] FOR LOGIN [${name}]`,
          `ALTER ROLE db_owner ADD MEMBER [${name}]`,
        ]),
      );
      return testDatabase({
        name,
        address,
        jdbcUrl: `jdbc:sqlserver://${address.host}:${address.port};databaseName=${name};encrypt=false`,
        open: openSession,
        remove: () =>
          asAdmin("master", (session) =>
            session.exec([
              `IF DB_ID('${name}') IS NOT NULL ALTER DATABASE [${name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE`,
              `DROP DATABASE IF EXISTS [${name}]`,
              `IF SUSER_ID('${name}') IS NOT NULL DROP LOGIN [${name}]`,
            ]),
          ),
      });
    },
  };
}
