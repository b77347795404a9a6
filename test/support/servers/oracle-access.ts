import oracledb from "oracledb";
import { send } from "../../../src/dialect/oracle/client.ts";
import type { Row, Value } from "../../../src/row.ts";
import { randomName, TEST_PASSWORD, testDatabase } from "./database.ts";
import type { ServerAccess, ServerAddress, TestConnectionSettings, TestSession } from "./test-server.ts";

/** The pluggable database of Oracle Free; another one by SYNC_TEST_ORACLE_SERVICE. */
const service = (): string => process.env["SYNC_TEST_ORACLE_SERVICE"] || "FREEPDB1";

function asValue(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return value ? "1" : "0";
  return value instanceof Date ? value.toISOString().replace("T", " ").replace("Z", "") : String(value);
}

async function openSession(settings: TestConnectionSettings): Promise<TestSession> {
  const host = settings.hosts[0];
  const connection: oracledb.Connection & { isTransaction?: boolean } = await oracledb.getConnection({
    user: settings.user,
    password: settings.password,
    connectString: `${host?.host}:${host?.port}/${service()}`,
  });
  for (const format of [
    "NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'",
    "NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF'",
  ])
    await send(connection, `ALTER SESSION SET ${format}`, []);
  return {
    query: async (sql) =>
      (await send(connection, sql, [])).rows.map(
        (row): Row =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name.toUpperCase(), asValue(value)]),
          ),
      ),
    async exec(script) {
      for (const sql of [script].flat()) {
        // A transaction begins by itself; until COMMIT or ROLLBACK nothing is committed in between.
        if (/^BEGIN$/i.test(sql.trim())) connection.isTransaction = true;
        else {
          await send(connection, sql, []);
          if (/^(COMMIT|ROLLBACK)$/i.test(sql.trim())) connection.isTransaction = false;
        }
      }
    },
    close: () => connection.close({ drop: true }).catch(() => undefined),
  };
}

/** Schemas, which are users, on an Oracle database: each stands for a database of its own. */
export function oracleAccess(address: ServerAddress): ServerAccess {
  async function asAdmin<T>(work: (session: TestSession) => Promise<T>): Promise<T> {
    const session = await openSession({
      type: "oracle",
      hosts: [{ host: address.host, port: address.port }],
      database: service(),
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
      asAdmin(async (session) => {
        const rows = await session.query("SELECT MAX(VERSION) AS V FROM PRODUCT_COMPONENT_VERSION");
        return String(rows[0]?.["V"]);
      }),
    async createDatabase(given = randomName()) {
      const name = given.toUpperCase();
      await asAdmin(async (session) => {
        await session.exec([
          `CREATE USER "${name}" IDENTIFIED BY "${TEST_PASSWORD}" QUOTA UNLIMITED ON USERS`,
          `GRANT CREATE SESSION, CREATE TABLE, CREATE SEQUENCE, CREATE TRIGGER, CREATE VIEW TO "${name}"`,
        ]);
        // Only SYS can; without it the long timer of the horizon decides.
        for (const view of ["GV_$LOCKED_OBJECT", "GV_$TRANSACTION", "GV_$SESSION"])
          await session.exec(`GRANT SELECT ON SYS.${view} TO "${name}"`).catch(() => undefined);
      });
      const database = testDatabase({
        name,
        address,
        jdbcUrl: `jdbc:oracle:thin:@//${address.host}:${address.port}/${service()}`,
        open: openSession,
        remove: () =>
          asAdmin(async (session) => {
            const strays = await session.query(
              `SELECT SID, SERIAL# AS SERIAL FROM V$SESSION WHERE USERNAME = '${name}'`,
            );
            for (const { SID, SERIAL } of strays)
              await session
                .exec(`ALTER SYSTEM KILL SESSION '${SID},${SERIAL}' IMMEDIATE`)
                .catch(() => undefined);
            await session.exec(`DROP USER "${name}" CASCADE`);
          }),
      });
      const inService = <T extends TestConnectionSettings>(settings: T): T => ({
        ...settings,
        database: service(),
      });
      return {
        ...database,
        settings: inService(database.settings),
        adminSettings: inService(database.adminSettings),
      };
    },
  };
}
