/** How a connection is ended from another one, on each database. */

import type { TestDialectName } from "./env.ts";

export interface KillWords {
  /** Expression for a connection's own number. */
  readonly ownId: string;
  kill(id: number): string;
  /** A row for the connection while it is there; SQL Server hands numbers out again, so SINCE tells it from the next. */
  find(id: number, since?: string): string;
}

const MYSQL: KillWords = {
  ownId: "CONNECTION_ID()",
  kill: (id) => `KILL ${id}`,
  find: (id) => `SELECT 1 AS SINCE FROM information_schema.PROCESSLIST WHERE ID = ${id}`,
};

export function killWords(dialect: TestDialectName): KillWords {
  switch (dialect) {
    case "postgres":
      return {
        ownId: "pg_backend_pid()",
        kill: (id) => `SELECT pg_terminate_backend(${id})`,
        find: (id) => `SELECT 1 AS SINCE FROM pg_stat_activity WHERE pid = ${id}`,
      };
    case "mssql":
      return {
        ownId: "@@SPID",
        kill: (id) => `KILL ${id}`,
        find: (id, since) =>
          `SELECT CONVERT(varchar(30), login_time, 126) AS SINCE FROM sys.dm_exec_sessions WHERE session_id = ${id}${since === undefined ? "" : ` AND CONVERT(varchar(30), login_time, 126) = '${since}'`}`,
      };
    case "oracle":
      return {
        ownId: "SYS_CONTEXT('USERENV', 'SID')",
        kill: (id) =>
          `BEGIN FOR s IN (SELECT SERIAL# AS N FROM V$SESSION WHERE SID = ${id}) LOOP EXECUTE IMMEDIATE 'ALTER SYSTEM KILL SESSION ''${id},' || s.N || ''' IMMEDIATE'; END LOOP; END;`,
        find: (id, since) =>
          `SELECT TO_CHAR(SERIAL#) AS SINCE FROM V$SESSION WHERE SID = ${id} AND STATUS <> 'KILLED'${since === undefined ? "" : ` AND SERIAL# = ${since}`}`,
      };
    default:
      return MYSQL;
  }
}
