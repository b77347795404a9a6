import type { Fact, FactScope } from "../../contract/fact.ts";
import { ok, text } from "../doctor-answers.ts";
import { lacksToPrepare, notGranted, runGrantsFact } from "../grant-facts.ts";
import { neededGrants } from "../needed-grants.ts";
import { sequenceName } from "../sequence-name.ts";
import { quote } from "./connect.ts";
import { grantee } from "./grants.ts";
import { TRANSACTION_VIEWS } from "./horizon.ts";
import { SCHEMA } from "./introspect.ts";
import { listOf } from "./list-of.ts";
import { LOCKS } from "./lock.ts";

export function grantFacts(scope: FactScope): readonly Fact[] {
  return scope.side === "source"
    ? [runGrants(scope), prepareRights(scope), transactionViews(scope)]
    : [runGrants(scope)];
}

const ME = "SYS_CONTEXT('USERENV', 'SESSION_USER')";

/** Rows of constants, which Oracle before 23ai has no VALUES for. */
const rowsOf = (count: number): string =>
  Array.from({ length: count }, (_, i) =>
    i === 0 ? "SELECT ? AS TBL, ? AS PRIV FROM DUAL" : "SELECT ?, ? FROM DUAL",
  ).join(" UNION ALL ");

/**
 * ALL_TAB_PRIVS has what is granted to the user, to its enabled roles and to PUBLIC, SESSION_PRIVS the system privileges
 * ("Database Reference"). The owner needs no grant. Schema privileges, which only 23ai has, are in neither.
 */
function runGrants(scope: FactScope): Fact {
  const own =
    scope.side === "target"
      ? [{ table: LOCKS, privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"] as const }]
      : scope.tables.map(({ names }) => ({
          table: sequenceName(names.journal),
          privileges: ["SELECT"] as const,
        }));
  const pairs = [...neededGrants(scope, true), ...own].flatMap(({ table, privileges }) =>
    privileges.map((privilege) => [table, privilege] as const),
  );
  return runGrantsFact(scope, {
    ask: {
      sql: `SELECT n.TBL, n.PRIV, ${SCHEMA} AS OWNER FROM (${rowsOf(Math.max(1, pairs.length))}) n
WHERE n.TBL <> '-' AND ${ME} <> ${SCHEMA} AND NOT EXISTS (SELECT 1 FROM ALL_TAB_PRIVS p WHERE p.TABLE_SCHEMA = ${SCHEMA}
AND p.TABLE_NAME = n.TBL AND (p.PRIVILEGE = n.PRIV OR (n.PRIV = 'SELECT' AND p.PRIVILEGE = 'READ')))
AND NOT EXISTS (SELECT 1 FROM SESSION_PRIVS s WHERE s.PRIVILEGE = n.PRIV || ' ANY TABLE'
OR (n.PRIV = 'SELECT' AND s.PRIVILEGE = 'READ ANY TABLE'))`,
      params: pairs.length === 0 ? ["-", "-"] : pairs.flat(),
    },
    missing: (rows) =>
      notGranted(rows.map((row) => [text(row, "TBL"), text(row, "PRIV")])).map((one) => ({
        ...one,
        object: `${quote(text(rows[0], "OWNER"))}.${quote(one.table)}`,
      })),
    user: () => grantee(scope.settings.user),
    asksBeforePrepare: true,
  });
}

/** The owner prepares; it may lack what creating takes. PUBLIC may run DBMS_UTILITY unless that was revoked. */
function prepareRights(scope: FactScope): Fact {
  const wanted =
    "the owner of the tables, with CREATE TABLE, CREATE SEQUENCE, CREATE TRIGGER and DBMS_UTILITY";
  return {
    id: "grants-prepare",
    group: "grants",
    title: "rights of the user that prepares",
    ask: {
      sql: `SELECT n.PRIV FROM (SELECT 'CREATE TABLE' AS PRIV FROM DUAL UNION ALL SELECT 'CREATE SEQUENCE' FROM DUAL
UNION ALL SELECT 'CREATE TRIGGER' FROM DUAL) n WHERE NOT EXISTS (SELECT 1 FROM SESSION_PRIVS s WHERE s.PRIVILEGE = n.PRIV)
UNION ALL SELECT 'EXECUTE ON SYS.DBMS_UTILITY' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ALL_TAB_PRIVS p
WHERE p.TABLE_SCHEMA = 'SYS' AND p.TABLE_NAME = 'DBMS_UTILITY' AND p.PRIVILEGE = 'EXECUTE')
AND NOT EXISTS (SELECT 1 FROM SESSION_PRIVS s WHERE s.PRIVILEGE = 'EXECUTE ANY PROCEDURE')
UNION ALL SELECT 'the tables'' owner' FROM DUAL WHERE ${ME} <> ${SCHEMA}`,
      params: [],
    },
    judge: (rows) => {
      const missing = rows.map((row) => text(row, "PRIV"));
      if (missing.length === 0) return ok("it has them", wanted);
      const found = `missing: ${missing.join(", ")}`;
      return lacksToPrepare(scope, found, wanted, {
        statements: missing
          .filter((privilege) => /^[A-Z]+ /.test(privilege))
          .map((privilege) => `GRANT ${privilege} TO ${grantee(scope.settings.user)}`),
        advice: "Or give your DBA the scripts of `sync-tool prepare --generate-ddl`, or prepare as the owner",
      });
    },
  };
}

/** Without these views a run cannot see whether a hole's transaction has ended, and waits by the clock. */
function transactionViews({ settings }: FactScope): Fact {
  const names = listOf(TRANSACTION_VIEWS);
  const wanted = "SELECT on the views that show transactions: otherwise a hole waits five minutes";
  return {
    id: "grants-transactions",
    group: "grants",
    title: "privileges to see transactions",
    ask: {
      sql: `SELECT p.TABLE_NAME AS TBL FROM ALL_TAB_PRIVS p WHERE p.TABLE_SCHEMA = 'SYS' AND p.PRIVILEGE IN ('SELECT', 'READ')
AND p.TABLE_NAME IN (${names.marks}) UNION SELECT '*' FROM SESSION_PRIVS s WHERE s.PRIVILEGE = 'SELECT ANY DICTIONARY'`,
      params: names.params,
    },
    judge: (rows) => {
      const has = new Set(rows.map((row) => text(row, "TBL")));
      const missing = has.has("*") ? [] : TRANSACTION_VIEWS.filter((view) => !has.has(view));
      if (missing.length === 0) return ok("all are granted", wanted);
      return {
        status: "warn",
        found: `missing: ${missing.join(", ")}`,
        wanted,
        statements: missing.map((view) => `GRANT SELECT ON SYS.${view} TO ${grantee(settings.user)}`),
        advice: "SYS grants them; the grants script of `sync-tool prepare --generate-ddl` has them too",
      };
    },
  };
}
