import type { Statement } from "../../contract/dialect.ts";
import type { Fact, FactScope } from "../../contract/fact.ts";
import { alsoWritten } from "../../contract/sync-plan.ts";
import { ok, text } from "../doctor-answers.ts";
import { lacksToPrepare, notGranted, runGrantsFact } from "../grant-facts.ts";
import { neededGrants } from "../needed-grants.ts";
import { sequenceName } from "../sequence-name.ts";
import { ENCRYPTED, oldTransactionsFact, tlsFact } from "../shared-facts.ts";
import { quote } from "./connect.ts";
import { cleanUpFacts } from "./doctor-clean-up.ts";
import { settingFacts } from "./doctor-settings.ts";
import { IDENTITY } from "./write-rows.ts";

/** DATEDIFF_BIG, for milliseconds since 1970 are more than an int holds ("DATEDIFF_BIG"). */
export const clock =
  "SELECT DATEDIFF_BIG(millisecond, CONVERT(datetime2, '1970-01-01', 23), SYSUTCDATETIME()) AS now_ms";

/** Everything that `doctor` asks of a SQL Server, see fact.ts. */
export function facts(scope: FactScope): readonly Fact[] {
  const both = [runGrants(scope), tls(scope), ...settingFacts(scope), ...cleanUpFacts(scope)];
  return scope.side === "source"
    ? [...both, prepareRights(scope), serverState(scope), oldTransactions(scope)]
    : both;
}

/** Objects with the privileges on them; without VIEW DEFINITION a user sees neither triggers nor sequences. */
function needed(scope: FactScope): readonly (readonly [string, string])[] {
  const { side, tables } = scope;
  const all = neededGrants(scope, true).flatMap(({ table, privileges }) =>
    privileges.map((privilege) => [table, privilege] as const),
  );
  const seen =
    side === "source"
      ? tables.flatMap(({ source, names }) => [source.name, names.journal, sequenceName(names.journal)])
      : tables.map(({ target }) => target.name);
  const written = side === "source" ? [] : tables.flatMap((table) => [table, ...alsoWritten(table)]);
  const numbered = written.filter(({ target }) => target.columns.some((c) => c.default === IDENTITY));
  return [
    ...all,
    ...seen.map((name) => [name, "VIEW DEFINITION"] as const),
    ...numbered.map(({ target }) => [target.name, "ALTER"] as const),
  ];
}

/** Privileges that come by a role count as well ("HAS_PERMS_BY_NAME"). */
function runGrants(scope: FactScope): Fact {
  const pairs = needed(scope);
  const rowOf = "(?, ?)";
  return runGrantsFact(scope, {
    ask: {
      sql: `SELECT USER_NAME() AS me, n.name AS name, n.privilege AS privilege FROM (VALUES ${[["", ""], ...pairs].map(() => rowOf).join(", ")}) AS n (name, privilege)
WHERE n.name <> '' AND COALESCE(HAS_PERMS_BY_NAME(n.name, 'OBJECT', n.privilege), 0) = 0`,
      params: [["", ""] as const, ...pairs].flatMap(([name, privilege]) => [
        name === "" ? "" : quote(name),
        privilege,
      ]),
    },
    missing: (rows) => notGranted(rows.map((row) => [text(row, "name"), text(row, "privilege")])),
    user: ([row]) => quote(text(row, "me")),
    asksBeforePrepare: true,
  });
}

/** "CREATE TABLE", "CREATE SEQUENCE", "CREATE TRIGGER" and "NEXT VALUE FOR" (default constraints), each under permissions. */
function prepareRights(scope: FactScope): Fact {
  const { tables } = scope;
  const wanted = "CREATE TABLE in the database, ALTER and REFERENCES on the schema (or db_owner)";
  return {
    id: "grants-prepare",
    group: "grants",
    title: "rights of the user that prepares",
    ask: {
      sql: `SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE') AS creates, HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME()), 'SCHEMA', 'ALTER') AS alters,
HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME()), 'SCHEMA', 'REFERENCES') AS refers,
(SELECT COUNT(*) FROM (VALUES ${["", ...tables].map(() => "(?)").join(", ")}) AS n (name) WHERE n.name <> '' AND COALESCE(HAS_PERMS_BY_NAME(n.name, 'OBJECT', 'ALTER'), 0) = 0) AS fixed`,
      params: ["", ...tables.map((table) => quote(table.source.name))],
    },
    judge: ([row]) => {
      const lacks = [
        ...(text(row, "creates") === "1" ? [] : ["CREATE TABLE"]),
        ...(text(row, "alters") === "1" ? [] : ["ALTER on the schema"]),
        ...(text(row, "refers") === "1" ? [] : ["REFERENCES on the schema"]),
        ...(text(row, "fixed") === "0" ? [] : [`ALTER on ${text(row, "fixed")} tables`]),
      ];
      if (lacks.length === 0) return ok("it has them", wanted);
      const found = `missing: ${lacks.join(", ")}`;
      return lacksToPrepare(scope, found, wanted, {
        advice: "Give your DBA the scripts of `sync-tool prepare --generate-ddl`, or prepare as db_owner",
      });
    },
  };
}

/**
 * Azure SQL Database has no rights on the server, but one on the database; 2022 has smaller ones, which older servers answer
 * with NULL ("sys.dm_tran_locks", permissions; "HAS_PERMS_BY_NAME").
 */
function serverState({ settings }: FactScope): Fact {
  const wanted = "VIEW SERVER STATE (Azure SQL Database: VIEW DATABASE STATE)";
  return {
    id: "grants-transactions",
    group: "grants",
    title: "open transactions can be seen",
    ask: {
      sql: `SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') | COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE'), 0) AS on_server,
HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE STATE') | COALESCE(HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE PERFORMANCE STATE'), 0) AS on_database,
CONVERT(int, SERVERPROPERTY('EngineEdition')) AS engine, USER_NAME() AS me, SUSER_SNAME() AS login_name, DB_NAME() AS db`,
      params: [],
    },
    judge: ([row]) => {
      const isAzure = text(row, "engine") === "5";
      if (text(row, isAzure ? "on_database" : "on_server") === "1") return ok("it has the right", wanted);
      return {
        status: "warn",
        found: "not granted: a change after a rolled-back one waits 15 s, and `status` names no transaction",
        wanted,
        // Rights on the server are given in master only.
        statements: isAzure
          ? [`GRANT VIEW DATABASE STATE TO ${quote(text(row, "me") || settings.user)}`]
          : [
              "USE [master]",
              `GRANT VIEW SERVER STATE TO ${quote(text(row, "login_name") || settings.user)}`,
              `USE ${quote(text(row, "db"))}`,
            ],
      };
    },
  };
}

/** "sys.dm_exec_connections"; without VIEW SERVER STATE what we asked for when connecting has to do. */
function tls(scope: FactScope): Fact {
  const isDemanded = !/disable|prefer/.test(scope.settings.tls.mode);
  return {
    ...tlsFact(scope, {
      ask: {
        sql: "SELECT CONVERT(varchar(10), encrypt_option) AS encrypted FROM sys.dm_exec_connections WHERE session_id = @@SPID",
        params: [],
      },
      encryption: (row) => (text(row, "encrypted").toUpperCase() === "TRUE" ? "encrypted" : undefined),
      advice: "Set encrypt=true in the JDBC URL",
    }),
    refused: (reason) =>
      isDemanded
        ? ok("encrypted: the JDBC URL demands it", ENCRYPTED)
        : {
            status: "unknown",
            found: reason,
            wanted: ENCRYPTED,
            advice: "Set encrypt=true in the JDBC URL, and nothing else is let through",
          },
  };
}

/** "sys.dm_tran_active_transactions", "sys.dm_tran_session_transactions". A copy by BACKUP has everything committed. */
function oldTransactions({ tables }: FactScope): Fact {
  const journals = tables.map((table) => table.names.journal);
  return oldTransactionsFact({
    ask: {
      sql: `SELECT x.session_id AS id, s.login_name AS [user], DATEDIFF(second, a.transaction_begin_time, GETDATE()) AS age
FROM sys.dm_tran_session_transactions AS x INNER JOIN sys.dm_tran_active_transactions AS a ON a.transaction_id = x.transaction_id
INNER JOIN sys.dm_exec_sessions AS s ON s.session_id = x.session_id
WHERE x.session_id <> @@SPID AND s.database_id = DB_ID() AND a.transaction_begin_time <
  (SELECT MAX(t.create_date) FROM sys.tables AS t WHERE t.schema_id = SCHEMA_ID() AND t.name IN (${["", ...journals].map(() => "?").join(", ")}))`,
      params: ["", ...journals],
    },
    name: (row) => `session ${text(row, "id")} of ${text(row, "user")}`,
    untold: { advice: "Grant VIEW SERVER STATE to see them, or copy by BACKUP" },
    copy: { what: "export", which: "an export (not a BACKUP)" },
  });
}

/** "sys.allocation_units", which needs no right of its own; a page has 8 KiB. */
export const journalBytes = (journals: readonly string[]): Statement => ({
  sql: `SELECT COALESCE(SUM(u.total_pages), 0) * 8192 AS bytes FROM sys.tables AS t INNER JOIN sys.partitions AS p ON p.object_id = t.object_id
INNER JOIN sys.allocation_units AS u ON u.container_id = CASE WHEN u.type = 2 THEN p.partition_id ELSE p.hobt_id END
WHERE t.schema_id = SCHEMA_ID() AND t.name IN (${journals.map(() => "?").join(", ")})`,
  params: journals,
});
