import type { DdlStep, Dialect, ObjectRef } from "../../contract/dialect.ts";
import type { TablePlan } from "../../contract/sync-plan.ts";
import type { Column } from "../../contract/table-schema.ts";
import { fingerprint } from "../../util/fingerprint.ts";
import { sequenceName } from "../sequence-name.ts";
import { literal, quote } from "./connect.ts";
import { grants } from "./grants.ts";
import { guarded } from "./guarded.ts";
import { HOME, SCHEMA } from "./introspect.ts";
import { LOCKS } from "./lock.ts";
import { capturing } from "./trigger-text.ts";

/** Seconds that a DDL statement waits for its lock when it waits. */
const LOCK_TIMEOUT_S = 2;
/** Attempts that do not wait at all, and the pauses before the next: a statement in the queue has writers behind it. */
const IMPATIENT_ATTEMPTS = 50;
const SHORT_PAUSE_MS = 100;
const PAUSE_MS = 500;
/** Seconds that one attempt waits for transactions older than the triggers; nobody waits for us meanwhile. */
const PENDING_TIMEOUT_S = 60;

const OURS = "-- sync-tool capture v";
const SHAPE = "sync-tool capture v2";

const NOW_UTC = "SYS_EXTRACT_UTC(SYSTIMESTAMP)";

/** Between the head of a trigger and its body; left out when a trigger that works is replaced. */
const DISABLED = "DISABLE\n";

/**
 * Journal, triggers, and last of all the wait for older transactions together with the journal's identity: without that
 * the journal does not count as prepared.
 */
function capture(table: TablePlan): readonly DdlStep[] {
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
function addCaptureTime(journal: string): string {
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

const simple = (table: string): string => (/^[A-Z][A-Z0-9_$#]*$/.test(table) ? table : quote(table));

/** Told as a lock that was not to be had, so that it is tried again ("PL/SQL Packages", DBMS_UTILITY.WAIT_ON_PENDING_DML). */
const awaitWriters = (table: string): string => `DECLARE
  v_scn NUMBER;
  v_busy EXCEPTION;
  PRAGMA EXCEPTION_INIT(v_busy, -54);
BEGIN
  IF NOT DBMS_UTILITY.WAIT_ON_PENDING_DML(${SCHEMA} || ${literal(`.${simple(table)}`)}, ${LOCK_TIMEOUT_S}, v_scn) THEN
    RAISE v_busy;
  END IF;
END;`;

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

/** ORA- numbers that mean that there is nothing to do. */
const EXISTS = [955];
const COLUMN_EXISTS = [1430];
const ABSENT: Readonly<Record<ObjectRef["kind"], readonly number[]>> = {
  trigger: [4080],
  function: [4043],
  sequence: [2289],
  journal: [942],
  checkpoint: [942],
  "dead-letters": [942],
  state: [942],
};

const dropTable = (name: string): string => guarded(`DROP TABLE ${quote(name)} PURGE`, ABSENT.journal);
const dropTrigger = (name: string): string => guarded(`DROP TRIGGER ${quote(name)}`, ABSENT.trigger);
const dropSequence = (name: string): string => guarded(`DROP SEQUENCE ${quote(name)}`, ABSENT.sequence);

/** A trigger's text behind its mark, as one line. */
const workOf = (body: string): string => (body.split(`-- ${SHAPE} `)[1] ?? "-").replace(/\s+/g, " ").trim();

export const ddl: Dialect["ddl"] = {
  session: () => [`ALTER SESSION SET DDL_LOCK_TIMEOUT = ${LOCK_TIMEOUT_S}`],
  lockTable: () => [],
  capture,
  checkpoint: (name) => ({
    object: { kind: "checkpoint", name },
    sql: [
      guarded(
        `CREATE TABLE ${quote(name)} (
  "LANE" NUMBER(10) NOT NULL PRIMARY KEY,
  "SYNC_ID" NUMBER(19) NOT NULL,
  "JOURNAL_ID" VARCHAR2(64) NOT NULL,
  "DIGEST" VARCHAR2(64) NULL,
  "UPDATED_AT" TIMESTAMP(3) NOT NULL
)`,
        EXISTS,
      ),
    ],
  }),
  deadLetters: (name) => ({
    object: { kind: "dead-letters", name },
    sql: [
      guarded(
        `CREATE TABLE ${quote(name)} (
  "TABLE_NAME" VARCHAR2(128) NOT NULL,
  "ROW_KEY" VARCHAR2(2000 CHAR) NOT NULL,
  "ROW_KEY_DIGEST" VARCHAR2(64) NOT NULL,
  "SYNC_ID" NUMBER(19) NOT NULL,
  "REASON" VARCHAR2(1000 CHAR) NOT NULL,
  "CODE" VARCHAR2(32) NOT NULL,
  "ATTEMPTS" NUMBER(10) NOT NULL,
  "FIRST_SEEN" VARCHAR2(32) NOT NULL,
  "LAST_TRIED" VARCHAR2(32) NULL,
  PRIMARY KEY ("TABLE_NAME", "ROW_KEY_DIGEST")
)`,
        EXISTS,
      ),
      guarded(`CREATE TABLE ${quote(LOCKS)} ("NAME" VARCHAR2(64) NOT NULL PRIMARY KEY)`, EXISTS),
    ],
  }),
  state: (name) => ({
    object: { kind: "state", name },
    sql: [
      guarded(
        `CREATE TABLE ${quote(name)} (
  "NAME" VARCHAR2(700) NOT NULL PRIMARY KEY,
  "VALUE" VARCHAR2(4000) NOT NULL,
  "UPDATED_AT" TIMESTAMP(3) NOT NULL
)`,
        EXISTS,
      ),
    ],
  }),
  // CREATE OR REPLACE puts the new text in place of the old in one step: nothing is dropped and nothing disabled.
  afterFailedTrigger: [],
  // "Database Reference", "DDL_LOCK_TIMEOUT": 0 is NOWAIT, above that a statement waits in the queue for DML locks.
  lockWait: (attempt) =>
    attempt <= IMPATIENT_ATTEMPTS
      ? { sql: ["ALTER SESSION SET DDL_LOCK_TIMEOUT = 0"], pauseMs: SHORT_PAUSE_MS }
      : { sql: [`ALTER SESSION SET DDL_LOCK_TIMEOUT = ${LOCK_TIMEOUT_S}`], pauseMs: PAUSE_MS },
  replaceTrigger: (_table, statements) =>
    statements
      .filter((statement) => !statement.includes("'DROP TRIGGER ") || statement.startsWith("DECLARE"))
      .map((statement) =>
        statement.startsWith("CREATE OR REPLACE TRIGGER")
          ? statement.replace(`\n${DISABLED}`, "\n")
          : statement,
      ),
  addCaptureTime: (journal) => [addCaptureTime(journal)],
  alterJournalColumn: (journal, column) =>
    `ALTER TABLE ${quote(journal)} MODIFY (${quote(column.name)} ${column.type})`,
  addJournalColumn: (journal, column) => [
    guarded(`ALTER TABLE ${quote(journal)} ADD (${quote(column.name)} ${column.type} NULL)`, COLUMN_EXISTS),
  ],
  drop({ kind, name }) {
    switch (kind) {
      case "trigger":
        return [dropTrigger(name)];
      case "sequence":
        return [dropSequence(name)];
      case "journal":
        return [dropTable(name), dropSequence(sequenceName(name))];
      case "dead-letters":
        return [dropTable(name), dropTable(LOCKS)];
      default:
        return [dropTable(name)];
    }
  },
  removal: {
    awaitWriters: (table) => [awaitWriters(table)],
    holdOff: () => [],
    keep: [],
    undo: [],
  },
  isOurs: (body) => body.includes(OURS),
  isOlderShape: (body) => body.includes(OURS) && !body.includes(`-- ${SHAPE} `),
  // The mark alone would not show a trigger that somebody changed and left its mark in.
  isCurrent: (step, body) => step.object.kind !== "trigger" || workOf(step.sql[0] ?? "") === workOf(body),
  grants,
  // sqlplus takes & for a variable and a blank line for the end of a statement unless told otherwise; it commits when it
  // leaves unless told otherwise too ("SQL*Plus User's Guide", "SET System Variable Summary", "WHENEVER SQLERROR").
  script: (statements, comment) =>
    [
      // First, for it looks for variables in comments too.
      "SET DEFINE OFF",
      "SET SQLBLANKLINES ON",
      "WHENEVER OSERROR EXIT FAILURE ROLLBACK",
      "WHENEVER SQLERROR EXIT FAILURE ROLLBACK",
      // A hyphen at the end of a line continues it.
      ...comment.map((line) => (line === "" ? "" : `-- ${line}`)),
      ...statements.map((sql) => `${sql}\n/`),
      "",
    ].join("\n"),
  refuseIn: ({ home, journals }) => [
    `DECLARE
  v_home VARCHAR2(64);
  v_own INTEGER;
BEGIN
  SELECT ${HOME} INTO v_home FROM DUAL;
  SELECT COUNT(*) INTO v_own FROM ALL_TAB_COMMENTS c WHERE c.OWNER = ${SCHEMA}
    AND UPPER(c.TABLE_NAME) IN (${journals.map((name) => literal(name.toUpperCase())).join(", ")})
    AND c.COMMENTS LIKE 'sync-tool journal % ' || v_home;
  IF ${home === undefined ? "" : `v_home = ${literal(home)} OR `}v_own > 0 THEN
    RAISE_APPLICATION_ERROR(-20999, 'this script is for the target database, and this is the source');
  END IF;
END;`,
  ],
};
