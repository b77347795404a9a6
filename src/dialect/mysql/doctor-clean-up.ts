import type { Fact, FactScope } from "../../contract/fact.ts";
import { CLEAN_UP_TABLES, cleanUpFact, cleanUpTablesFact } from "../clean-up.ts";
import { quote } from "./connect.ts";

/**
 * Events and routines that delete tokens. A dump with `--events` carries events to the target, enabled. Those of another schema
 * count when they name this one. A body is NULL to a user who may not see it ("The INFORMATION_SCHEMA ROUTINES Table").
 */
const PROGRAMS = `SELECT 'job' AS kind, CONCAT('\`', REPLACE(EVENT_SCHEMA, '\`', '\`\`'), '\`.\`', REPLACE(EVENT_NAME, '\`', '\`\`'), '\`') AS name,
IF(STATUS = 'ENABLED' AND @@event_scheduler = 'ON', 'on', 'off') AS state, EVENT_DEFINITION AS body FROM information_schema.EVENTS
WHERE EVENT_SCHEMA = DATABASE() OR INSTR(LOWER(EVENT_DEFINITION), LOWER(DATABASE())) > 0
UNION ALL SELECT 'routine', ROUTINE_NAME, '', ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()`;

const TABLES = `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
AND (${CLEAN_UP_TABLES.map((prefix) => `LEFT(UPPER(TABLE_NAME), ${prefix.length}) = '${prefix}'`).join(" OR ")}) ORDER BY 1`;

export function cleanUpFacts(scope: FactScope): readonly Fact[] {
  return [
    cleanUpFact(scope, {
      ask: { sql: PROGRAMS, params: [] },
      toSee:
        "To see what routines do: GRANT SHOW_ROUTINE ON *.* (MySQL 8.0.20), SHOW CREATE ROUTINE (MariaDB 11.3), or SELECT on mysql.proc",
      stop: (name) => `ALTER EVENT ${name} DISABLE`,
    }),
    cleanUpTablesFact(scope, { sql: TABLES, params: [] }, (name) => `DROP TABLE ${quote(name)}`),
  ];
}
