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

/** Everything a database consists of, but for the identities of its journals; sorted text. */
export async function readCatalogue(database: TestDatabase): Promise<string[]> {
  const lines: string[] = [];
  for (const sql of database.settings.type === "postgres" ? POSTGRES : MYSQL) {
    for (const row of await database.query(sql)) {
      lines.push(["KIND", "NAME", "N", "TEXT"].map((column) => String(row[column] ?? "")).join(" "));
    }
  }
  return lines.sort();
}
