import type { Statement } from "../../contract/dialect.ts";
import type { Fact, FactScope } from "../../contract/fact.ts";
import type { ResultRow } from "../../db/database.ts";
import { ok, text } from "../doctor-answers.ts";
import { lacksToPrepare, runGrantsFact } from "../grant-facts.ts";
import { neededGrants } from "../needed-grants.ts";
import { oldTransactionsFact, tlsFact } from "../shared-facts.ts";
import { quote } from "./connect.ts";
import { cleanUpFacts } from "./doctor-clean-up.ts";
import { settingFacts } from "./doctor-settings.ts";
import { STARTED } from "./horizon.ts";

export const clock = "SELECT UNIX_TIMESTAMP(NOW(3)) * 1000 AS now_ms";

/** The current user as the privilege tables spell it; its name may have an @ in it. */
export const ME = `CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')`;

/** TABLE_SCHEMA of a schema privilege is a pattern. Privileges that come by a role are not in these tables. */
const PRIVILEGES = `SELECT ${ME} AS me, '' AS tbl, 'USAGE' AS priv
UNION ALL SELECT ${ME}, '', PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ${ME}
UNION ALL SELECT ${ME}, '', PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = ${ME} AND DATABASE() LIKE TABLE_SCHEMA
UNION ALL SELECT ${ME}, UPPER(TABLE_NAME), PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE = ${ME} AND TABLE_SCHEMA = DATABASE()`;

/** Everything that `doctor` asks of a MySQL or MariaDB server, see fact.ts. */
export function facts(scope: FactScope): readonly Fact[] {
  const both = [runGrants(scope), tls(scope), ...settingFacts(scope), ...cleanUpFacts(scope)];
  return scope.side === "source"
    ? [
        ...both,
        prepareRights(scope),
        definers(scope),
        holders,
        ...(scope.settings.type === "mysql" ? [replication] : []),
        oldTransactions(scope),
      ]
    : both;
}

/** Whether a privilege is held, on the whole server, the schema or the table. */
function holds(rows: readonly ResultRow[]): (privilege: string, table: string) => boolean {
  const held = new Set(rows.map((row) => `${text(row, "tbl")} ${text(row, "priv").toUpperCase()}`));
  return (privilege, table) => held.has(` ${privilege}`) || held.has(`${table.toUpperCase()} ${privilege}`);
}

/** Tables that our triggers stand on, those of cascades among them. */
function triggerTables({ side, tables }: FactScope): readonly string[] {
  if (side === "target") return tables.map((table) => table.target.name);
  const all = tables.flatMap(({ source, cascades }) => [
    source.name,
    ...cascades.map(({ ancestor }) => ancestor),
  ]);
  return [...new Set(all)];
}

function runGrants(scope: FactScope): Fact {
  const needed: readonly { readonly table: string; readonly privileges: readonly string[] }[] = [
    ...neededGrants(scope, true),
    // Without it the user sees no triggers: neither capture on the source nor the copies of it on the target.
    ...triggerTables(scope).map((table) => ({ table, privileges: ["TRIGGER"] })),
  ];
  return runGrantsFact(scope, {
    ask: { sql: PRIVILEGES, params: [] },
    missing: (rows) => {
      const has = holds(rows);
      return needed
        .map(({ table, privileges }) => ({
          table,
          object: quote(table),
          privileges: privileges.filter((one) => !has(one, table)),
        }))
        .filter(({ privileges }) => privileges.length > 0);
    },
    user: ([row]) => text(row, "me"),
    asksBeforePrepare: true,
  });
}

function prepareRights(scope: FactScope): Fact {
  const { tables, settings } = scope;
  const onTables = ["SELECT", "TRIGGER"];
  // Some for making triggers, others for what they do when they fire, which is done with the rights of this user.
  // MariaDB replaces triggers and reads rows FOR UPDATE without LOCK TABLES.
  const needed = [
    ...["CREATE", "DROP", "INSERT"],
    ...(settings.type === "mysql" ? ["LOCK TABLES"] : []),
    ...onTables,
  ];
  const wanted = `${needed.join(", ")} on the schema`;
  return {
    id: "grants-prepare",
    group: "grants",
    title: "rights of the user that prepares",
    ask: { sql: PRIVILEGES, params: [] },
    judge: (rows) => {
      const has = holds(rows);
      const missing = needed.filter(
        (one) =>
          !has(one, "") && !tables.every((table) => onTables.includes(one) && has(one, table.source.name)),
      );
      if (missing.length === 0) return ok("it has them", wanted);
      const found = `missing: ${missing.join(", ")}`;
      return lacksToPrepare(scope, found, wanted, {
        advice: "Give your DBA the scripts of `sync-tool prepare --generate-ddl`, or prepare as another user",
      });
    },
  };
}

/** Who holds a hole open stands in views that show a user only its own transactions, or nothing. */
const holders: Fact = {
  id: "holders",
  group: "settings",
  title: "transactions that a run waits for",
  ask: { sql: PRIVILEGES, params: [] },
  judge: (rows) => {
    const wanted = "PROCESS, to name them";
    if (holds(rows)("PROCESS", "")) return ok("they can be named", wanted);
    return {
      status: "warn",
      found: "PROCESS is missing: they are waited for, but cannot be named",
      wanted,
      statements: [`GRANT PROCESS ON *.* TO ${text(rows[0], "me")}`],
    };
  },
};

/** MariaDB tells everybody, see refuse-replica.ts; a read-only replica is known without. */
const replication: Fact = {
  id: "replication",
  group: "settings",
  title: "whether the server applies another one's changes",
  ask: { sql: PRIVILEGES, params: [] },
  judge: (rows) => {
    const wanted = "none, for they fire no trigger; or REPLICATION CLIENT, to find it out";
    const has = holds(rows);
    if (["REPLICATION CLIENT", "SUPER"].some((one) => has(one, ""))) return ok("it does not", wanted);
    return {
      status: "warn",
      found: "the user may not see it",
      wanted,
      statements: [`GRANT REPLICATION CLIENT ON *.* TO ${text(rows[0], "me")}`],
    };
  },
};

/** What they lack is the finding of the check of capture, where the privileges of others are shown. */
function definers(scope: FactScope): Fact {
  const tables = triggerTables(scope);
  const wanted = "users that are there and keep their rights";
  return {
    id: "trigger-definers",
    group: "capture",
    title: "users with whose rights the triggers fire",
    ask: {
      sql: `SELECT DISTINCT g.DEFINER AS definer, g.DEFINER = CURRENT_USER() AS own, ${ME} AS me,
(SELECT COUNT(DISTINCT p.GRANTEE) FROM information_schema.USER_PRIVILEGES p) AS users
FROM information_schema.TRIGGERS g WHERE g.TRIGGER_SCHEMA = DATABASE() AND g.EVENT_OBJECT_TABLE IN (?) AND g.ACTION_STATEMENT LIKE 'sync\\_tool\\_%'`,
      params: [tables.length === 0 ? [""] : tables],
    },
    judge: (rows) => {
      const found = rows.map((row) => text(row, "definer")).join(", ") || "no trigger";
      const hidden = rows.filter((row) => text(row, "own") !== "1" && Number(row["users"]) < 2);
      if (hidden.length === 0) return ok(found, wanted);
      return {
        status: "unknown",
        found: `${found}: this user may not see whether they are`,
        wanted,
        statements: [`GRANT SELECT ON mysql.* TO ${text(rows[0], "me")}`],
        advice:
          "A definer that is dropped, or loses INSERT on a journal, has every write of the application fail: leave it alone until `cleanup`",
      };
    },
  };
}

const tls = (scope: FactScope): Fact =>
  tlsFact(scope, {
    ask: { sql: "SHOW SESSION STATUS LIKE 'Ssl_version'", params: [] },
    encryption: (row) => text(row, "Value") || undefined,
    advice: "Set sslMode=VERIFY_IDENTITY (or REQUIRED) in the JDBC URL; MariaDB's name for it is verify-full",
  });

/** An IN takes no empty list. */
const journalsOf = ({ tables }: FactScope): readonly string[] =>
  tables.length === 0 ? [""] : tables.map((table) => table.names.journal);

/** Needs PROCESS; without it the server refuses, and that is said. */
const oldTransactions = (scope: FactScope): Fact =>
  oldTransactionsFact({
    ask: {
      sql: `SELECT trx_mysql_thread_id AS id, TIMESTAMPDIFF(SECOND, ${STARTED}, NOW()) AS age FROM information_schema.INNODB_TRX
WHERE trx_mysql_thread_id <> CONNECTION_ID() AND ${STARTED} <
  (SELECT MAX(CREATE_TIME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?))`,
      params: [journalsOf(scope)],
    },
    name: (row) => `connection ${text(row, "id")}`,
    untold: {
      advice:
        "Grant PROCESS to see them; before the dump begins, SHOW PROCESSLIST must show no transaction older than `prepare`",
    },
  });

export const journalBytes = (journals: readonly string[]): Statement => ({
  sql: "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?)",
  params: [journals],
});
