import type { Statement } from "../../contract/dialect.ts";
import type { Fact, FactScope } from "../../contract/fact.ts";
import { ok, text } from "../doctor-answers.ts";
import { lacksToPrepare, notGranted, runGrantsFact } from "../grant-facts.ts";
import { neededGrants } from "../needed-grants.ts";
import { oldTransactionsFact, tlsFact } from "../shared-facts.ts";
import { quote } from "./connect.ts";
import { cleanUpFacts } from "./doctor-clean-up.ts";
import { rowSecurity } from "./doctor-row-security.ts";
import { otherTriggers } from "./doctor-triggers.ts";

export const clock = "SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now_ms";

const SPARE_CONNECTIONS = 10;

/** Everything that `doctor` asks of a PostgreSQL server, see fact.ts. */
export function facts(scope: FactScope): readonly Fact[] {
  const both = [
    runGrants(scope),
    rowSecurity(scope),
    encoding,
    timeZone,
    tls(scope),
    connections,
    ...cleanUpFacts(scope),
  ];
  return scope.side === "source"
    ? [...both, durability, prepareRights(scope), otherTriggers(scope), oldTransactions(scope)]
    : both;
}

function runGrants(scope: FactScope): Fact {
  const pairs = neededGrants(scope).flatMap(({ table, privileges }) =>
    privileges.map((privilege) => ({ table, privilege })),
  );
  return runGrantsFact(scope, {
    ask: {
      sql: `SELECT n.tbl, n.priv FROM unnest(?::text[], ?::text[]) AS n(tbl, priv)
WHERE to_regclass(n.tbl) IS NOT NULL AND NOT has_table_privilege(to_regclass(n.tbl), n.priv)`,
      params: [pairs.map(({ table }) => quote(table)), pairs.map(({ privilege }) => privilege)],
    },
    missing: (rows) => notGranted(rows.map((row) => [text(row, "tbl"), text(row, "priv")])),
    user: () => quote(scope.settings.user),
    asksBeforePrepare: false,
  });
}

/** Making a trigger fire always takes the table's owner. */
function prepareRights(scope: FactScope): Fact {
  const wanted = "the owner of the tables, with CREATE on their schema";
  return {
    id: "grants-prepare",
    group: "grants",
    title: "rights of the user that prepares",
    ask: {
      sql: `SELECT n.tbl FROM unnest(?::text[]) AS n(tbl) JOIN pg_class c ON c.oid = to_regclass(n.tbl)
WHERE NOT pg_has_role(c.relowner, 'USAGE') OR NOT has_schema_privilege(c.relnamespace, 'CREATE')`,
      params: [scope.tables.map((table) => quote(table.source.name))],
    },
    judge: (rows) => {
      if (rows.length === 0) return ok("it owns them", wanted);
      const found = `not for ${rows.map((row) => text(row, "tbl")).join(", ")}`;
      return lacksToPrepare(scope, found, wanted, {
        advice: "Give your DBA the scripts of `sync-tool prepare --generate-ddl`, or prepare as the owner",
      });
    },
  };
}

const encoding: Fact = {
  id: "encoding",
  group: "settings",
  title: "character set of the database",
  ask: { sql: "SELECT current_setting('server_encoding') AS encoding", params: [] },
  judge: ([row]) => {
    const found = text(row, "encoding");
    if (found === "UTF8") return ok(found, "UTF8");
    const advice = "Texts that the encoding cannot hold become dead letters; a new UTF8 database has none";
    return { status: "warn", found, wanted: "UTF8", advice };
  },
};

const timeZone: Fact = {
  id: "time-zone",
  group: "settings",
  title: "time zone of the server",
  ask: {
    sql: "SELECT reset_val AS zone, current_setting('TimeZone') AS ours FROM pg_settings WHERE name = 'TimeZone'",
    params: [],
  },
  judge: ([row]) =>
    ok(`${text(row, "zone")}, our sessions ${text(row, "ours")}`, "any; our sessions use UTC"),
};

const tls = (scope: FactScope): Fact =>
  tlsFact(scope, {
    ask: { sql: "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()", params: [] },
    encryption: (row) => (row?.["ssl"] === "t" ? text(row, "version") : undefined),
    advice: "Set sslmode=verify-full (or require) in the JDBC URL",
  });

const connections: Fact = {
  id: "connections",
  group: "server",
  title: "free connections",
  ask: {
    sql: `SELECT current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS free`,
    params: [],
  },
  judge: ([row]) => {
    const free = Number(row?.["free"]);
    const wanted = `at least ${SPARE_CONNECTIONS}`;
    if (free >= SPARE_CONNECTIONS) return ok(String(free), wanted);
    return {
      status: "warn",
      found: String(free),
      wanted,
      advice: "Raise max_connections, or lower maxActive",
    };
  },
};

/** Others see such a commit at once: green then has what a crash of blue takes back. */
const durability: Fact = {
  id: "durability",
  group: "settings",
  title: "commits survive a crash",
  ask: {
    sql: "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS waits, current_database() AS name",
    params: [],
  },
  judge: ([row]) => {
    const wanted = "fsync = on, synchronous_commit not off";
    const unsafe = [
      ...(text(row, "fsync") === "off"
        ? [{ found: "fsync = off", mend: ["ALTER SYSTEM SET fsync = on", "SELECT pg_reload_conf()"] }]
        : []),
      ...(text(row, "waits") === "off"
        ? [
            {
              found: "synchronous_commit = off",
              mend: [`ALTER DATABASE ${quote(text(row, "name"))} SET synchronous_commit = on`],
            },
          ]
        : []),
    ];
    if (unsafe.length === 0) return ok("they do", wanted);
    return {
      status: "warn",
      found: unsafe.map(({ found }) => found).join(", "),
      wanted,
      statements: unsafe.flatMap(({ mend }) => mend),
      advice: "Look for the same setting of a role (ALTER ROLE) or on the server's command line too",
    };
  },
};

/**
 * A transaction whose snapshot is older than the journal does not see it: a dump taken in it lacks changes. A snapshot whose
 * xmin is the transaction that made the journal does not see it either.
 */
const oldTransactions = ({ tables, settings }: FactScope): Fact => {
  const fact = oldTransactionsFact({
    ask: {
      // The view hides everything about the sessions of other roles from a user without pg_read_all_stats.
      sql: `SELECT a.pid, a.usename AS "user", NULL::int AS age FROM pg_stat_activity a
WHERE a.usename IS NOT NULL AND a.backend_type IS NULL AND NOT pg_has_role('pg_read_all_stats', 'USAGE')
UNION ALL
SELECT a.pid, a.usename, extract(epoch FROM clock_timestamp() - a.xact_start)::int
FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_xmin IS NOT NULL
AND EXISTS (SELECT 1 FROM pg_class c WHERE c.oid IN (SELECT to_regclass(j) FROM unnest(?::text[]) AS j)
            AND age(a.backend_xmin) >= age(c.xmin))`,
      params: [tables.map((table) => quote(table.names.journal))],
    },
    name: (row) => `backend ${text(row, "pid")} of ${text(row, "user")}`,
  });
  return {
    ...fact,
    judge: (rows) => {
      const seen = rows.filter((row) => row["age"] !== null);
      if (seen.length > 0 || rows.length === 0) return fact.judge(seen);
      return {
        status: "unknown",
        found: `the sessions of ${[...new Set(rows.map((row) => text(row, "user")))].join(", ")} are hidden from this user`,
        wanted: fact.judge([]).wanted,
        statements: [`GRANT pg_read_all_stats TO ${quote(settings.user)}`],
      };
    },
  };
};

export const journalBytes = (journals: readonly string[]): Statement => ({
  sql: "SELECT coalesce(sum(pg_total_relation_size(to_regclass(j))), 0) AS bytes FROM unnest(?::text[]) AS j",
  params: [journals.map(quote)],
});
