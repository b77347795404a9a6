import type { Fact, FactScope } from "../../contract/fact.ts";
import { CLEAN_UP_TABLES, cleanUpFact, cleanUpTablesFact } from "../clean-up.ts";
import { quote } from "./connect.ts";
import { SCHEMA } from "./introspect.ts";

/**
 * Jobs of the scheduler, by what they do or by the program that they name, and the sources of the schema's routines, a row
 * for each line ("Database Reference": ALL_SCHEDULER_JOBS, ALL_SCHEDULER_PROGRAMS, ALL_SOURCE). Data Pump carries jobs along.
 */
const PROGRAMS = `SELECT 'job' AS "kind", '"' || j.OWNER || '"."' || j.JOB_NAME || '"' AS "name",
CASE WHEN j.ENABLED = 'TRUE' THEN 'on' ELSE 'off' END AS "state", COALESCE(j.JOB_ACTION, p.PROGRAM_ACTION) AS "body", 0 AS "line"
FROM ALL_SCHEDULER_JOBS j LEFT JOIN ALL_SCHEDULER_PROGRAMS p ON p.OWNER = j.PROGRAM_OWNER AND p.PROGRAM_NAME = j.PROGRAM_NAME
WHERE j.OWNER = ${SCHEMA} OR INSTR(UPPER(COALESCE(j.JOB_ACTION, p.PROGRAM_ACTION)), ${SCHEMA}) > 0
UNION ALL SELECT 'routine', s.NAME, '', s.TEXT, s.LINE FROM ALL_SOURCE s
WHERE s.OWNER = ${SCHEMA} AND s.TYPE IN ('PROCEDURE', 'FUNCTION', 'PACKAGE BODY')
ORDER BY 1, 2, 5`;

const TABLES = `SELECT t.TABLE_NAME AS "name" FROM ALL_TABLES t WHERE t.OWNER = ${SCHEMA}
AND (${CLEAN_UP_TABLES.map((prefix) => `SUBSTR(UPPER(t.TABLE_NAME), 1, ${prefix.length}) = '${prefix}'`).join(" OR ")}) ORDER BY 1`;

export function cleanUpFacts(scope: FactScope): readonly Fact[] {
  return [
    cleanUpFact(scope, {
      ask: { sql: PROGRAMS, params: [] },
      toSee: "To see what procedures do: run `doctor` as the owner of the tables",
      stop: (name) => `BEGIN DBMS_SCHEDULER.DISABLE('${name.replaceAll("'", "''")}', TRUE); END`,
    }),
    cleanUpTablesFact(scope, { sql: TABLES, params: [] }, (name) => `DROP TABLE ${quote(name)}`),
  ];
}
