import oracledb from "oracledb";
import { send } from "../../../src/dialect/oracle/client.ts";
import { TRANSACTION_VIEWS } from "../../../src/dialect/oracle/horizon.ts";
import type { Row, Value } from "../../../src/row.ts";
import { randomName, TEST_PASSWORD, testDatabase } from "./database.ts";
import type { ServerAccess, ServerAddress, TestConnectionSettings, TestSession } from "./test-server.ts";

/** The pluggable database of Oracle Free; another one by SYNC_TEST_ORACLE_SERVICE. */
const service = (): string => process.env["SYNC_TEST_ORACLE_SERVICE"] || "FREEPDB1";

function asValue(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return value ? "1" : "0";
  return value instanceof Date ? wallClock(value) : String(value);
}

/** The driver makes a date of the wall clock's time in this process's zone; microseconds are lost, the tests compare the rest. */
function wallClock(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const millis = date.getMilliseconds();
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}${millis === 0 ? "" : `.${String(millis).padStart(3, "0")}`}`;
}

const isBlock = (sql: string): boolean =>
  /^\s*(BEGIN\s+\S|DECLARE\b|CREATE\s+(OR\s+REPLACE\s+)?TRIGGER\b)/i.test(sql);

/** Oracle takes one statement at a time, without the semicolon that ends it; blocks have theirs inside. */
export function splitScript(script: string): string[] {
  if (isBlock(script)) return [script];
  return (script.match(/(?:'(?:[^']|'')*'|[^;'])+/g) ?? []).map((sql) => sql.trim()).filter(Boolean);
}

async function openSession(settings: TestConnectionSettings): Promise<TestSession> {
  const host = settings.hosts[0];
  const connection: oracledb.Connection & { isTransaction?: boolean } = await oracledb.getConnection({
    user: settings.user,
    password: settings.password,
    connectString: `${host?.host}:${host?.port}/${service()}`,
    // Only SYS may grant the views that show transactions, and it logs in no other way.
    ...(settings.user.toUpperCase() === "SYS" ? { privilege: oracledb.SYSDBA } : {}),
  });
  for (const format of [
    "NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'",
    "NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF'",
  ])
    await send(connection, `ALTER SESSION SET ${format}`, []);
  // Whoever works on the schema that stands for a database finds its tables by their names, the administrator too.
  if (settings.database !== service() && settings.database !== settings.user)
    await send(connection, `ALTER SESSION SET CURRENT_SCHEMA = "${settings.database}"`, []);
  return {
    query: async (sql) =>
      (await send(connection, sql, [])).rows.map(
        (row): Row =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name.toUpperCase(), asValue(value)]),
          ),
      ),
    async exec(script) {
      for (const sql of [script].flat().flatMap(splitScript)) {
        // A transaction begins by itself; until COMMIT or ROLLBACK nothing is committed in between.
        if (/^(BEGIN|SET TRANSACTION\b.*)$/i.test(sql)) connection.isTransaction = true;
        if (/^BEGIN$/i.test(sql)) continue;
        await send(connection, sql, []);
        if (/^(COMMIT|ROLLBACK)$/i.test(sql)) connection.isTransaction = false;
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
        // Without them the long timer of the horizon decides, and suites that wait for holes run into their time limits.
        for (const view of [...TRANSACTION_VIEWS, "DBA_DATA_FILES", "DBA_FREE_SPACE"])
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
