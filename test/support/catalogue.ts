import type { TestDialectName } from "./env.ts";
import type { TestDatabase } from "./servers/test-server.ts";

const POSTGRES = [
  `SELECT 'column' AS kind, c.relname AS name, a.attnum AS n, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
     || ' ' || a.attnotnull::text || ' ' || a.attidentity::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS text
   FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`,
  `SELECT 'comment' AS kind, c.relname AS name, 0 AS n, split_part(obj_description(c.oid, 'pg_class'), ' ', 1) AS text
   FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`,
  `SELECT 'index' AS kind, indexname AS name, 0 AS n, indexdef AS text FROM pg_indexes WHERE schemaname = 'public'`,
  `SELECT 'trigger' AS kind, t.tgname AS name, 0 AS n, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text AS text
   FROM pg_trigger t WHERE NOT t.tgisinternal`,
  `SELECT 'function' AS kind, proname AS name, 0 AS n, pg_get_functiondef(oid) AS text
   FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
];

const MYSQL = [
  `SELECT 'column' AS kind, TABLE_NAME AS name, ORDINAL_POSITION AS n, CONCAT_WS(' ', COLUMN_NAME, COLUMN_TYPE,
     COLLATION_NAME, IS_NULLABLE, COALESCE(COLUMN_DEFAULT, '-'), EXTRA) AS text
   FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()`,
  `SELECT 'table' AS kind, TABLE_NAME AS name, 0 AS n, CONCAT_WS(' ', ENGINE, TABLE_COLLATION, ROW_FORMAT, LEFT(TABLE_COMMENT, 9)) AS text
   FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
  `SELECT 'index' AS kind, CONCAT(TABLE_NAME, '.', INDEX_NAME) AS name, SEQ_IN_INDEX AS n, CONCAT_WS(' ', COLUMN_NAME, NON_UNIQUE) AS text
   FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()`,
  `SELECT 'trigger' AS kind, TRIGGER_NAME AS name, ACTION_ORDER AS n, CONCAT_WS(' ', ACTION_TIMING, EVENT_MANIPULATION,
     EVENT_OBJECT_TABLE, SQL_MODE, ACTION_STATEMENT) AS text
   FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()`,
];

const MSSQL = [
  `SELECT 'column' AS kind, t.name AS name, c.column_id AS n, CONCAT_WS(' ', c.name, TYPE_NAME(c.system_type_id), c.max_length,
     c.precision, c.scale, c.collation_name, c.is_nullable, c.is_identity, d.definition) AS text
   FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id
   LEFT JOIN sys.default_constraints d ON d.object_id = c.default_object_id WHERE t.schema_id = SCHEMA_ID()`,
  `SELECT 'table' AS kind, name, 0 AS n, lock_escalation_desc AS text FROM sys.tables WHERE schema_id = SCHEMA_ID()`,
  `SELECT 'index' AS kind, t.name AS name, k.key_ordinal AS n, CONCAT_WS(' ', c.name, i.is_unique, i.is_primary_key) AS text
   FROM sys.tables t JOIN sys.indexes i ON i.object_id = t.object_id
   JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id
   JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id WHERE t.schema_id = SCHEMA_ID()`,
  `SELECT 'sequence' AS kind, name, 0 AS n, CONCAT_WS(' ', TYPE_NAME(system_type_id), cache_size) AS text
   FROM sys.sequences WHERE schema_id = SCHEMA_ID()`,
  `SELECT 'trigger' AS kind, g.name AS name, e.type AS n, CONCAT_WS(' ', e.is_first, g.is_disabled, m.definition) AS text
   FROM sys.triggers g JOIN sys.trigger_events e ON e.object_id = g.object_id JOIN sys.sql_modules m ON m.object_id = g.object_id
   WHERE g.parent_class = 1`,
];

const ORACLE = [
  `SELECT 'column' AS KIND, TABLE_NAME AS NAME, COLUMN_ID AS N, COLUMN_NAME || ' ' || DATA_TYPE || ' ' || DATA_LENGTH || ' ' || CHAR_LENGTH
     || ' ' || DATA_PRECISION || ' ' || DATA_SCALE || ' ' || NULLABLE || ' ' || COLLATION AS TEXT FROM USER_TAB_COLUMNS`,
  `SELECT 'table' AS KIND, TABLE_NAME AS NAME, 0 AS N, SUBSTR(COMMENTS, 1, 9) AS TEXT FROM USER_TAB_COMMENTS`,
  `SELECT 'index' AS KIND, c.TABLE_NAME AS NAME, c.COLUMN_POSITION AS N, c.COLUMN_NAME || ' ' || i.UNIQUENESS AS TEXT
   FROM USER_IND_COLUMNS c JOIN USER_INDEXES i ON i.INDEX_NAME = c.INDEX_NAME`,
  `SELECT 'sequence' AS KIND, SEQUENCE_NAME AS NAME, 0 AS N, ORDER_FLAG || ' ' || CYCLE_FLAG || ' ' || CACHE_SIZE AS TEXT FROM USER_SEQUENCES`,
  `SELECT 'trigger' AS KIND, TRIGGER_NAME AS NAME, 0 AS N, TRIGGER_TYPE || ' ' || TRIGGERING_EVENT || ' ' || TABLE_NAME || ' ' || STATUS AS TEXT
   FROM USER_TRIGGERS`,
  `SELECT 'source' AS KIND, NAME, LINE AS N, TEXT FROM USER_SOURCE WHERE TYPE = 'TRIGGER'`,
];

const STATEMENTS: Readonly<Record<TestDialectName, readonly string[]>> = {
  postgres: POSTGRES,
  mysql: MYSQL,
  mariadb: MYSQL,
  mssql: MSSQL,
  oracle: ORACLE,
};

/** Everything a database consists of, but for the identities of its journals; sorted text. */
export async function readCatalogue(database: TestDatabase): Promise<string[]> {
  const lines: string[] = [];
  for (const sql of STATEMENTS[database.settings.type]) {
    for (const row of await database.query(sql)) {
      lines.push(["KIND", "NAME", "N", "TEXT"].map((column) => String(row[column] ?? "")).join(" "));
    }
  }
  return lines.sort();
}
