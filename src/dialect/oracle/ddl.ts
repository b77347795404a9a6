import type { Ddl, ObjectRef } from "../../contract/ddl.ts";
import { sequenceName } from "../sequence-name.ts";
import {
  addCaptureTime,
  COLUMN_EXISTS,
  capture,
  DISABLED,
  EXISTS,
  SHAPE,
  simple,
  workOf,
} from "./capture.ts";
import { literal, quote } from "./connect.ts";
import { grants } from "./grants.ts";
import { guarded } from "./guarded.ts";
import { HOME, SCHEMA } from "./introspect.ts";
import { LOCKS } from "./lock.ts";

/** Seconds that a DDL statement waits for its lock when it waits. */
const LOCK_TIMEOUT_S = 2;
/** Attempts that do not wait at all, and the pauses before the next: a statement in the queue has writers behind it. */
const IMPATIENT_ATTEMPTS = 50;
const SHORT_PAUSE_MS = 100;
const PAUSE_MS = 500;

const OURS = "-- sync-tool capture v";

/** ORA- numbers that say that there is nothing to drop. */
const ABSENT: Readonly<Record<ObjectRef["kind"], readonly number[]>> = {
  trigger: [4080],
  function: [4043],
  sequence: [2289],
  journal: [942],
  checkpoint: [942],
  "dead-letters": [942],
  state: [942],
};

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

const dropTable = (name: string): string => guarded(`DROP TABLE ${quote(name)} PURGE`, ABSENT.journal);
const dropTrigger = (name: string): string => guarded(`DROP TRIGGER ${quote(name)}`, ABSENT.trigger);
const dropSequence = (name: string): string => guarded(`DROP SEQUENCE ${quote(name)}`, ABSENT.sequence);

export const ddl: Ddl = {
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
