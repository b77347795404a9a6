import type { Queryable } from "../../db/database.ts";
import { journalFaults } from "../journal-faults.ts";

/** What is wrong with journals, by upper-case name (see journal-faults.ts). Triggers are shown only to users with TRIGGER. */
export async function readJournalFaults(
  db: Queryable,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const here = (table: string): string => `${table}_SCHEMA = DATABASE()`;
  const rows = await db.query(
    `SELECT t.TABLE_NAME AS name,
  CASE WHEN t.ENGINE <> 'InnoDB' THEN CONCAT('is of engine ', t.ENGINE, ', which has no transactions') END AS state,
  (SELECT GROUP_CONCAT(g.TRIGGER_NAME) FROM information_schema.TRIGGERS g WHERE g.EVENT_OBJECT_SCHEMA = DATABASE() AND g.EVENT_OBJECT_TABLE = t.TABLE_NAME) AS others,
  (SELECT GROUP_CONCAT(k.CONSTRAINT_NAME) FROM information_schema.TABLE_CONSTRAINTS k WHERE k.${here("TABLE")} AND k.TABLE_NAME = t.TABLE_NAME AND k.CONSTRAINT_TYPE <> 'PRIMARY KEY') AS constraints,
  (SELECT GROUP_CONCAT(c.COLUMN_NAME) FROM information_schema.COLUMNS c WHERE c.${here("TABLE")} AND c.TABLE_NAME = t.TABLE_NAME
     AND c.IS_NULLABLE = 'NO' AND c.COLUMN_DEFAULT IS NULL AND c.COLUMN_NAME NOT IN ('SYNC_ID', 'ACTION')) AS mandatory,
  CASE WHEN n.EXTRA NOT LIKE '%auto_increment%' THEN 'the AUTO_INCREMENT of SYNC_ID' END AS lacks,
  CASE n.DATA_TYPE WHEN 'bigint' THEN 9223372036854775807 WHEN 'int' THEN 2147483647 WHEN 'mediumint' THEN 8388607 WHEN 'smallint' THEN 32767 ELSE 127 END
    - COALESCE(t.AUTO_INCREMENT, 1) AS positions_left
FROM information_schema.TABLES t JOIN information_schema.COLUMNS n
  ON n.TABLE_SCHEMA = t.TABLE_SCHEMA AND n.TABLE_NAME = t.TABLE_NAME AND n.COLUMN_NAME = 'SYNC_ID'
WHERE t.${here("TABLE")} AND t.TABLE_NAME IN (?)`,
    [names],
  );
  return new Map(rows.map((row) => [String(row["name"]), journalFaults(row)]));
}

/** One of our triggers, as the catalogue has it. */
export interface CaptureTrigger {
  readonly name: string;
  readonly table: string;
  readonly body: string;
  /** user@host, with whose rights it fires. */
  readonly definer: string;
}

/**
 * Why a write that fires one of our triggers would fail, by the trigger's name: it fires with the rights of its definer and none
 * of his roles (MySQL manual, "Stored Object Access Control"). A user sees privileges of others only with SELECT on the schema
 * "mysql": of a definer that is not shown nothing can be said.
 */
export async function readTriggerFaults(
  db: Queryable,
  triggers: readonly CaptureTrigger[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const definers = [...new Set(triggers.map(({ definer }) => asGrantee(definer)))];
  if (definers.length === 0) return new Map();
  const rows = await db.query(
    `SELECT GRANTEE AS grantee, '' AS tbl, PRIVILEGE_TYPE AS priv FROM information_schema.USER_PRIVILEGES WHERE GRANTEE IN (?)
UNION ALL SELECT GRANTEE, '', PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE IN (?) AND DATABASE() LIKE TABLE_SCHEMA
UNION ALL SELECT GRANTEE, UPPER(TABLE_NAME), PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE IN (?) AND TABLE_SCHEMA = DATABASE()
UNION ALL SELECT CONCAT(COUNT(DISTINCT GRANTEE)), 'USERS', '' FROM information_schema.USER_PRIVILEGES`,
    [definers, definers, definers],
  );
  const seesOthers = rows.some(({ tbl, grantee }) => tbl === "USERS" && Number(grantee) > 1);
  const held = new Set(rows.map(({ grantee, tbl, priv }) => `${grantee} ${tbl} ${priv}`));
  const known = new Set(rows.map(({ grantee }) => String(grantee)));
  const has = (grantee: string, privilege: string, table: string): boolean =>
    held.has(`${grantee}  ${privilege}`) || held.has(`${grantee} ${table.toUpperCase()} ${privilege}`);
  return new Map(
    triggers.map(({ name, table, body, definer }) => {
      const grantee = asGrantee(definer);
      const fails = (why: string): readonly string[] => [`trigger ${name} fails every write: ${why}`];
      if (!known.has(grantee)) {
        return [name, seesOthers ? fails(`its definer ${definer} is no user any more`) : []];
      }
      const lacks = neededBy(table, body)
        .filter(({ privilege, on }) => !has(grantee, privilege, on))
        .map(({ privilege, on }) => `${privilege} on ${on}`);
      return [name, lacks.length === 0 ? [] : fails(`its definer ${definer} lacks ${lacks.join(", ")}`)];
    }),
  );
}

/** `user@host` as the privilege tables spell it; a name may have an @ in it, a host may not. */
function asGrantee(definer: string): string {
  const at = definer.lastIndexOf("@");
  return `'${definer.slice(0, at)}'@'${definer.slice(at + 1)}'`;
}

/** What a trigger of ours does when it fires, by its own text. */
function neededBy(
  table: string,
  body: string,
): readonly { readonly privilege: string; readonly on: string }[] {
  const journals = [...body.matchAll(/INSERT INTO `((?:[^`]|``)+)`/g)].map((match) => match[1] ?? "");
  const read = [...body.matchAll(/(?:FROM|JOIN) `((?:[^`]|``)+)`/g)].map((match) => match[1] ?? "");
  // FOR UPDATE asks for a right to write besides; SELECT is asked for what it reads.
  return [
    { privilege: "TRIGGER", on: table },
    ...[...new Set(journals)].map((on) => ({ privilege: "INSERT", on })),
    ...[...new Set(read)].map((on) => ({ privilege: "SELECT", on })),
  ];
}
