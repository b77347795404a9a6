import type { TestDatabase } from "./servers/test-server.ts";

const MSSQL = `SELECT CONCAT(CASE type WHEN 'U' THEN 'table' WHEN 'TR' THEN 'trigger' WHEN 'SO' THEN 'sequence' ELSE 'routine' END,
' ', UPPER(name)) AS O FROM sys.objects WHERE schema_id = SCHEMA_ID() AND type IN ('U', 'TR', 'SO', 'P', 'FN')`;

const ORACLE = `SELECT CASE OBJECT_TYPE WHEN 'TABLE' THEN 'table' WHEN 'TRIGGER' THEN 'trigger' WHEN 'SEQUENCE' THEN 'sequence' ELSE 'routine' END
|| ' ' || UPPER(OBJECT_NAME) AS O FROM USER_OBJECTS WHERE OBJECT_TYPE IN ('TABLE', 'TRIGGER', 'SEQUENCE', 'PROCEDURE', 'FUNCTION')`;

/** `table NAME`, `trigger NAME`, `routine NAME`, `sequence NAME` of a database, upper case, sorted. */
export async function databaseObjects(database: TestDatabase): Promise<string[]> {
  const isPostgres = database.settings.type === "postgres";
  const { type } = database.settings;
  if (type === "mssql" || type === "oracle")
    return (await database.query(type === "mssql" ? MSSQL : ORACLE)).map((row) => String(row["O"])).sort();
  const schema = isPostgres ? "public" : database.name;
  const named = (kind: string, column: string, table: string, schemaColumn: string) =>
    `SELECT CONCAT('${kind} ', UPPER(${column})) AS O FROM ${table} WHERE ${schemaColumn} = '${schema}'`;
  const rows = await database.query(
    [
      named("table", "TABLE_NAME", "INFORMATION_SCHEMA.TABLES", "TABLE_SCHEMA"),
      named("trigger", "TRIGGER_NAME", "INFORMATION_SCHEMA.TRIGGERS", "TRIGGER_SCHEMA"),
      named("routine", "ROUTINE_NAME", "INFORMATION_SCHEMA.ROUTINES", "ROUTINE_SCHEMA"),
      ...(isPostgres ? [named("sequence", "SEQUENCENAME", "PG_SEQUENCES", "SCHEMANAME")] : []),
    ].join(" UNION "),
  );
  return rows.map((row) => String(row["O"])).sort();
}
