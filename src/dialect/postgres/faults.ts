import type { Queryable } from "../../db/database.ts";
import { journalFaults } from "../journal-faults.ts";

/** What is wrong with journals, by name (see journal-faults.ts). */
export async function readJournalFaults(
  db: Queryable,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db.query(
    `SELECT c.relname AS name,
  concat_ws(' and ', CASE c.relpersistence WHEN 'u' THEN 'is UNLOGGED: a crash empties it' END,
    CASE WHEN c.relrowsecurity THEN 'has row-level security, which may refuse or hide rows' END) AS state,
  (SELECT string_agg(r.rulename, ', ') FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_enabled <> 'D') AS rules,
  (SELECT string_agg(g.tgname, ', ') FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D') AS others,
  (SELECT string_agg(k.name, ', ') FROM (
     SELECT conname AS name FROM pg_constraint WHERE conrelid = c.oid AND contype IN ('c', 'f', 'x')
     UNION ALL SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
       WHERE x.indrelid = c.oid AND x.indisunique AND NOT x.indisprimary) AS k) AS constraints,
  (SELECT string_agg(a.attname, ', ') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     AND a.attnotnull AND NOT a.atthasdef AND a.attname NOT IN ('sync_id', 'action')) AS mandatory,
  concat_ws(', ', CASE WHEN NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary) THEN 'its primary key' END,
    CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'sync_id' AND attidentity = '') THEN 'the identity of SYNC_ID' END) AS lacks,
  CASE WHEN has_sequence_privilege(s.seqrelid, 'SELECT') THEN s.seqmax - coalesce(pg_sequence_last_value(s.seqrelid::regclass), 0) END AS positions_left
FROM pg_class c LEFT JOIN (pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid)
  ON d.refobjid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
  AND c.relkind IN ('r', 'p') AND c.relname = ANY (?)`,
    [names],
  );
  return new Map(rows.map((row) => [String(row["name"]), journalFaults(row)]));
}

/** One of our functions, as the catalogue has it. */
export interface CaptureFunction {
  readonly name: string;
  readonly body: string;
}

/**
 * Why a write that fires one of our functions would fail, by the function's name: it writes with the rights of its owner, into the
 * journal that it names in full.
 */
export async function readFunctionFaults(
  db: Queryable,
  functions: readonly CaptureFunction[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const journals = functions.map(({ body }) => INTO.exec(body)?.[1] ?? "");
  const rows = await db.query(
    `SELECT p.proname AS name, concat_ws('; ',
  CASE WHEN NOT p.prosecdef THEN 'it runs with the rights of whoever writes, no longer with its owner''s' END,
  CASE WHEN j.journal IS NOT NULL AND NOT has_table_privilege(p.proowner, j.journal, 'INSERT')
       THEN 'its owner ' || pg_get_userbyid(p.proowner) || ' may not insert into the journal' END,
  CASE WHEN NOT has_schema_privilege(p.proowner, p.pronamespace, 'USAGE')
       THEN 'its owner ' || pg_get_userbyid(p.proowner) || ' may not use the schema' END) AS fault
FROM pg_proc p JOIN (SELECT n.name, to_regclass(n.journal) AS journal FROM unnest(?::text[], ?::text[]) AS n(name, journal)) AS j ON j.name = p.proname
WHERE p.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`,
    [functions.map(({ name }) => name), journals],
  );
  return new Map(
    rows.map((row) => {
      const fault = String(row["fault"] ?? "");
      const name = String(row["name"]);
      return [name, fault === "" ? [] : [`function ${name} fails every write: ${fault}`]];
    }),
  );
}

const INTO = /INSERT INTO ((?:"(?:[^"]|"")+"|[^\s".]+)\.(?:"(?:[^"]|"")+"|[^\s".]+))/;
