import type { Fact, FactScope } from "../../contract/fact.ts";
import { CLEAN_UP_TABLES, cleanUpFact, cleanUpTablesFact } from "../clean-up.ts";
import { ok } from "../doctor-answers.ts";
import { quote } from "./connect.ts";

/** Functions and procedures of all schemas but the system's; functions of triggers delete nothing by themselves. */
const ROUTINES = `SELECT 'routine' AS kind, n.nspname || '.' || p.proname AS name, '' AS state, pg_get_functiondef(p.oid) AS body
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE p.prokind IN ('f', 'p') AND p.prorettype <> 'pg_catalog.trigger'::regtype AND l.lanname NOT IN ('internal', 'c')
AND n.nspname NOT IN ('pg_catalog', 'information_schema')`;

/** pg_cron's own table; the name of a job is its number ("pg_cron", README: cron.alter_job). */
const JOBS = `SELECT 'job' AS kind, j.jobid::text AS name, CASE WHEN j.active THEN 'on' ELSE 'off' END AS state, j.command AS body
FROM cron.job j WHERE j.database = current_database()`;

const TABLES = `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
AND upper(c.relname) ~ '^(${CLEAN_UP_TABLES.join("|")})' ORDER BY 1`;

const WANTED =
  "no job that deletes from the synced tables; see also the database that cron.database_name names";

export function cleanUpFacts(scope: FactScope): readonly Fact[] {
  const toSee = "PostgreSQL shows them to everybody";
  const stop = (name: string): string => `SELECT cron.alter_job(${Number(name)}, active := false)`;
  return [
    cleanUpFact(scope, { id: "cleanup-routines", ask: { sql: ROUTINES, params: [] }, stop, toSee }),
    cleanUpFact(scope, {
      ask: { sql: `${JOBS} UNION ALL ${ROUTINES}`, params: [] },
      stop,
      toSee,
      refused: (reason) =>
        // undefined_table: it is not installed here, for one database of a server holds the jobs of all.
        reason.includes("42P01")
          ? ok("pg_cron has no jobs in this database", WANTED)
          : {
              status: "unknown",
              found: `the jobs of pg_cron: ${reason}`,
              wanted: WANTED,
              advice: `GRANT USAGE ON SCHEMA cron TO ${quote(scope.settings.user)}; it sees its own jobs only`,
            },
    }),
    cleanUpTablesFact(scope, { sql: TABLES, params: [] }, (name) => `DROP TABLE ${name}`),
  ];
}
