import type { DdlStep } from "../../contract/dialect.ts";
import type { TablePlan } from "../../contract/sync-plan.ts";
import type { Column } from "../../contract/table-schema.ts";
import { fingerprint } from "../../util/fingerprint.ts";
import { sequenceName } from "../sequence-name.ts";
import { literal, quote } from "./connect.ts";
import { guarded } from "./guarded.ts";
import { HOME, SCHEMA } from "./introspect.ts";
import { capturing } from "./trigger-text.ts";

/** Seconds that one attempt waits for transactions older than the triggers; nobody waits for us meanwhile. */
const PENDING_TIMEOUT_S = 60;

/** A trigger's mark: it changes when what triggers do changes. */
export const SHAPE = "sync-tool capture v2";

const NOW_UTC = "SYS_EXTRACT_UTC(SYSTIMESTAMP)";

/** Between the head of a trigger and its body; left out when a trigger that works is replaced. */
export const DISABLED = "DISABLE\n";

/**
 * Journal, triggers, and last of all the wait for older transactions together with the journal's identity: without that
 * the journal does not count as prepared.
 */
export function capture(table: TablePlan): readonly DdlStep[] {
  const { names, source } = table;
  const columns = source.columns.filter((column) => !column.generated);
  const sequence = sequenceName(names.journal);
  const texts = capturing({
    table: source.name,
    journal: names.journal,
    sequence,
    columns,
    key: table.key.map((c) => c.source),
  });
  return [
    journal(names.journal, sequence, columns),
    trigger(source.name, names.insertTrigger, texts.insert),
    trigger(source.name, names.updateTrigger, texts.update),
    trigger(source.name, names.deleteTrigger, texts.delete),
    { object: { kind: "sequence", name: sequence }, sql: [waitAndName(source.name, names.journal)] },
  ];
}

/**
 * ORDER makes the instances of a cluster hand out positions in the order in which they were asked for; without it each
 * has a range of its own ("SQL Language Reference", "CREATE SEQUENCE"). The cache is lost in a crash, which leaves a
 * hole and never an older value. Without one every position would cost a write to the catalogue, which the application's
 * statements would queue for. Since there is one, ALL_SEQUENCES.LAST_NUMBER does not tell what was handed out: it is the
 * end of the cache ("Database Reference", "ALL_SEQUENCES"). So the horizon has no `drawn` here.
 *
 * The table gets its segment at once: otherwise the first login would make it, and fail where the owner has no quota
 * ("Database Reference", "DEFERRED_SEGMENT_CREATION"; ORA-01950).
 */
function journal(name: string, sequence: string, columns: readonly Column[]): DdlStep {
  const lines = columns.map((column) => `  ${quote(column.name)} ${column.type} NULL`);
  return {
    object: { kind: "journal", name },
    sql: [
      guarded(
        `CREATE SEQUENCE ${quote(sequence)} START WITH 1 INCREMENT BY 1 MINVALUE 1 NOCYCLE CACHE 100 ORDER`,
        EXISTS,
      ),
      guarded(
        `CREATE TABLE ${quote(name)} (
${lines.join(",\n")},
  "SYNC_ID" NUMBER(19) NOT NULL PRIMARY KEY,
  "ACTION" VARCHAR2(15) NOT NULL,
  "CAPTURED_AT" TIMESTAMP(6) DEFAULT ${NOW_UTC}
) SEGMENT CREATION IMMEDIATE`,
        EXISTS,
      ),
      `INSERT INTO ${quote(name)} ("SYNC_ID", "ACTION") SELECT 0, 'ANCHOR' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ${quote(name)})`,
    ],
  };
}

/**
 * For a journal from before such times, whose rows keep none: a default that came with the column would be theirs too
 * ("SQL Language Reference", "ALTER TABLE", DEFAULT).
 */
export function addCaptureTime(journal: string): string {
  const add = guarded(`ALTER TABLE ${quote(journal)} ADD ("CAPTURED_AT" TIMESTAMP(6) NULL)`, COLUMN_EXISTS);
  return `DECLARE
  v_there NUMBER;
BEGIN
  SELECT COUNT(*) INTO v_there FROM ALL_TAB_COLUMNS
  WHERE OWNER = ${SCHEMA} AND TABLE_NAME = ${literal(journal)} AND COLUMN_NAME = 'CAPTURED_AT' AND DEFAULT_LENGTH > 0;
  IF v_there = 0 THEN
    ${add.replaceAll("\n", "\n    ")}
    EXECUTE IMMEDIATE ${literal(`ALTER TABLE ${quote(journal)} MODIFY ("CAPTURED_AT" DEFAULT ${NOW_UTC})`)};
  END IF;
END;`;
}

/**
 * A trigger with mistakes makes every write of the application fail (ORA-04098), and CREATE TRIGGER only warns of them
 * (ORA-24344). So it is made disabled, looked at and then enabled ("PL/SQL Language Reference", "CREATE TRIGGER Statement",
 * DISABLE).
 */
function trigger(
  table: string,
  name: string,
  text: { readonly head: string; readonly body: string },
): DdlStep {
  return {
    object: { kind: "trigger", name, table },
    sql: [
      `CREATE OR REPLACE TRIGGER ${quote(name)}\n${text.head}\n${DISABLED}${text.body.replace(
        "%shape%",
        `${SHAPE} ${fingerprint(`${text.head} ${text.body}`)}`,
      )}`,
      `DECLARE
  v_invalid NUMBER;
BEGIN
  SELECT COUNT(*) INTO v_invalid FROM ALL_OBJECTS
  WHERE OWNER = ${SCHEMA} AND OBJECT_NAME = ${literal(name)} AND OBJECT_TYPE = 'TRIGGER' AND STATUS <> 'VALID';
  IF v_invalid > 0 THEN
    EXECUTE IMMEDIATE ${literal(`DROP TRIGGER ${quote(name)}`)};
    RAISE_APPLICATION_ERROR(-20998, 'the trigger does not compile');
  END IF;
END;`,
      `ALTER TRIGGER ${quote(name)} ENABLE`,
    ],
  };
}

/** A table's name as the server's packages take it: quoted where it must be. */
export const simple = (table: string): string => (/^[A-Z][A-Z0-9_$#]*$/.test(table) ? table : quote(table));

/**
 * CREATE TRIGGER takes a share DDL lock of the table only ("SQL Language Reference", "Automatic Locks in DDL Operations"),
 * so it is taken not to wait for transactions that have already changed the table: what they did before would never be
 * journaled. WAIT_ON_PENDING_DML, since 11.2, waits until every other transaction that has a lock on the table and began
 * before the given moment has ended, and gives FALSE when the seconds are over; a moment that is NULL becomes the present
 * one of all instances. It takes no lock ("PL/SQL Packages and Types Reference", "DBMS_UTILITY"; PUBLIC may run it unless
 * that was revoked). Oracle means it for triggers that are enabled while the application works ("Development Guide",
 * "Using Edition-Based Redefinition"). LOCK TABLE IN SHARE MODE would wait for the same transactions with the writers
 * queueing behind it, and the views that show transactions need grants.
 */
function waitAndName(table: string, journal: string): string {
  return `DECLARE
  v_scn NUMBER;
  v_comment VARCHAR2(4000);
  v_home VARCHAR2(64);
BEGIN
  IF NOT DBMS_UTILITY.WAIT_ON_PENDING_DML(${SCHEMA} || ${literal(`.${simple(table)}`)}, ${PENDING_TIMEOUT_S}, v_scn) THEN
    RAISE_APPLICATION_ERROR(-20997, 'a transaction that began before the triggers were made is still open');
  END IF;
  SELECT MAX(COMMENTS) INTO v_comment FROM ALL_TAB_COMMENTS
  WHERE OWNER = ${SCHEMA} AND TABLE_NAME = ${literal(journal)};
  IF v_comment IS NULL OR v_comment NOT LIKE 'sync-tool journal %' THEN
    SELECT ${HOME} INTO v_home FROM DUAL;
    EXECUTE IMMEDIATE ${literal(`COMMENT ON TABLE ${quote(journal)} IS 'sync-tool journal `)} || LOWER(RAWTOHEX(SYS_GUID())) || ' ' || v_home || '''';
  END IF;
END;`;
}

/** ORA- numbers that say that there is nothing to make. */
export const EXISTS = [955];
export const COLUMN_EXISTS = [1430];

/** A trigger's text behind its mark, as one line. */
export const workOf = (body: string): string =>
  (body.split(`-- ${SHAPE} `)[1] ?? "-").replace(/\s+/g, " ").trim();
