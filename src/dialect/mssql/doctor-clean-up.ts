import type { Fact, FactScope } from "../../contract/fact.ts";
import { CLEAN_UP_TABLES, cleanUpFact, cleanUpTablesFact } from "../clean-up.ts";
import { quote } from "./connect.ts";

/**
 * Text is NULL for an encrypted module, and without VIEW DEFINITION ("sys.sql_modules"). Names and texts of msdb and of this database
 * may differ in their collations, and a UNION of such is refused with error 468.
 */
const ROUTINES = `SELECT 'routine' AS kind, (SCHEMA_NAME(o.schema_id) + '.' + o.name) COLLATE DATABASE_DEFAULT AS name, '' AS state, m.definition COLLATE DATABASE_DEFAULT AS body
FROM sys.sql_modules m JOIN sys.objects o ON o.object_id = m.object_id WHERE o.type = 'P'`;

/** Steps of SQL Server Agent that run in this database, or name it ("dbo.sysjobsteps"). A backup does not carry jobs along. */
const JOBS = `SELECT 'job' AS kind, j.name COLLATE DATABASE_DEFAULT AS name, CASE WHEN j.enabled = 1 THEN 'on' ELSE 'off' END AS state, s.command COLLATE DATABASE_DEFAULT AS body
FROM msdb.dbo.sysjobs j JOIN msdb.dbo.sysjobsteps s ON s.job_id = j.job_id
WHERE s.database_name = DB_NAME() OR CHARINDEX(DB_NAME(), s.command) > 0`;

const TABLES = `SELECT t.name AS name FROM sys.tables t WHERE ${CLEAN_UP_TABLES.map(
  (prefix) => `LEFT(UPPER(t.name), ${prefix.length}) = '${prefix}'`,
).join(" OR ")} ORDER BY 1`;

const literal = (text: string): string => `N'${text.replaceAll("'", "''")}'`;

export function cleanUpFacts(scope: FactScope): readonly Fact[] {
  const wanted = "no job that deletes from the synced tables";
  const toSee = "To see what procedures do: GRANT VIEW DEFINITION";
  const stop = (name: string): string =>
    `EXEC msdb.dbo.sp_update_job @job_name = ${literal(name)}, @enabled = 0`;
  return [
    cleanUpFact(scope, { id: "cleanup-routines", ask: { sql: ROUTINES, params: [] }, stop, toSee }),
    cleanUpFact(scope, {
      ask: { sql: `${JOBS} UNION ALL ${ROUTINES}`, params: [] },
      stop,
      toSee,
      refused: (reason) => ({
        status: "unknown",
        found: `SQL Server Agent does not show its jobs: ${reason}`,
        wanted,
        advice:
          "Look at the jobs of SQL Server Agent (the role SQLAgentReaderRole of msdb may see them); Azure SQL Database has none, but elastic jobs and others may call in from outside",
      }),
    }),
    cleanUpTablesFact(scope, { sql: TABLES, params: [] }, (name) => `DROP TABLE ${quote(name)}`),
  ];
}
