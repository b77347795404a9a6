import type { TestDatabase } from "./servers/test-server.ts";

/** How many connections sync-tool has to a database, as its server counts them. */
export async function countConnections(database: TestDatabase): Promise<number> {
  const { type, user } = database.settings;
  const admin = await database.session({ admin: true });
  try {
    const [row] = await admin.query(STATEMENTS[type](user));
    return Number(row?.["N"]);
  } finally {
    await admin.close();
  }
}

const mysql = (user: string): string =>
  `SELECT COUNT(*) AS N FROM information_schema.PROCESSLIST WHERE USER = '${user}'`;

const STATEMENTS = {
  postgres: (user: string) =>
    `SELECT count(*) AS "N" FROM pg_stat_activity WHERE usename = '${user}' AND application_name = 'sync-tool'`,
  mysql,
  mariadb: mysql,
  mssql: (user: string) =>
    `SELECT COUNT(*) AS N FROM sys.dm_exec_sessions WHERE login_name = '${user}' AND program_name = 'sync-tool'`,
  oracle: (user: string) =>
    `SELECT COUNT(*) AS N FROM V$SESSION WHERE USERNAME = '${user}' AND MODULE = 'sync-tool'`,
};
