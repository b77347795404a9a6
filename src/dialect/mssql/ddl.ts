import type { Ddl, ObjectRef } from "../../contract/ddl.ts";
import { sharedTables } from "../../contract/object-names.ts";
import { alsoWritten } from "../../contract/sync-plan.ts";
import { sequenceName } from "../sequence-name.ts";
import { capture, isCurrent, isOlderShape, isOurs, replaceTrigger } from "./capture.ts";
import { literal, quote } from "./connect.ts";
import { HOME, IDENTITY_PROPERTY, NAMED_HOME } from "./introspect.ts";
import { IDENTITY } from "./write-rows.ts";

/** Attempts that do not wait at all, and the pause between them. */
const IMPATIENT_ATTEMPTS = 150;
const SHORT_PAUSE_MS = 25;

/** Writers come behind whoever waits for a table's lock, so nobody waits longer than this. */
const LOCK_TIMEOUT_MS = 2_000;
const PAUSE_MS = 500;

const TEXT = "varchar(64) COLLATE Latin1_General_BIN2";

export const ddl: Ddl = {
  // With XACT_ABORT a failed step ends its transaction and with it the table's lock ("SET XACT_ABORT"). A module keeps the
  // ANSI settings that it was made under ("CREATE TRIGGER"), and sqlcmd has QUOTED_IDENTIFIER off; a column keeps
  // ANSI_PADDING, without which it would lose trailing blanks ("SET ANSI_PADDING"). Of a deadlock we are the victim.
  session: () => [
    `SET LOCK_TIMEOUT ${LOCK_TIMEOUT_MS}`,
    "SET DEADLOCK_PRIORITY LOW",
    "SET XACT_ABORT ON",
    "SET ANSI_NULLS ON",
    "SET ANSI_PADDING ON",
    "SET ANSI_WARNINGS ON",
    "SET QUOTED_IDENTIFIER ON",
  ],
  lockTable: () => [],
  capture,
  checkpoint: (name) => ({
    object: { kind: "checkpoint", name },
    sql: [
      `IF OBJECT_ID(${literal(quote(name))}, N'U') IS NULL
CREATE TABLE ${quote(name)} (
  [LANE] int NOT NULL PRIMARY KEY,
  [SYNC_ID] bigint NOT NULL,
  [JOURNAL_ID] ${TEXT} NOT NULL,
  [DIGEST] ${TEXT} NOT NULL,
  [UPDATED_AT] datetime2(3) NOT NULL
)`,
    ],
  }),
  deadLetters: (name) => ({
    object: { kind: "dead-letters", name },
    sql: [
      `IF OBJECT_ID(${literal(quote(name))}, N'U') IS NULL
CREATE TABLE ${quote(name)} (
  [TABLE_NAME] nvarchar(128) COLLATE Latin1_General_BIN2 NOT NULL,
  [ROW_KEY] nvarchar(2000) NOT NULL,
  [ROW_KEY_DIGEST] ${TEXT} NOT NULL,
  [SYNC_ID] bigint NOT NULL,
  [REASON] nvarchar(1000) NOT NULL,
  [CODE] varchar(32) NOT NULL,
  [ATTEMPTS] int NOT NULL,
  [FIRST_SEEN] varchar(32) NOT NULL,
  [LAST_TRIED] varchar(32) NULL,
  PRIMARY KEY ([TABLE_NAME], [ROW_KEY_DIGEST])
)`,
    ],
  }),
  state: (name) => ({
    object: { kind: "state", name },
    sql: [
      `IF OBJECT_ID(${literal(quote(name))}, N'U') IS NULL
CREATE TABLE ${quote(name)} (
  [NAME] varchar(700) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY,
  [VALUE] varchar(4000) COLLATE Latin1_General_BIN2 NOT NULL,
  [UPDATED_AT] datetime2(3) NOT NULL
)`,
    ],
  }),
  afterFailedTrigger: ["IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"],
  // A timeout of 0 gives up at once ("SET LOCK_TIMEOUT") and delays nobody. Only on tables that are never free for a
  // moment, for seconds on end, does it wait after all.
  lockWait: (attempt) =>
    attempt <= IMPATIENT_ATTEMPTS
      ? { sql: ["SET LOCK_TIMEOUT 0"], pauseMs: SHORT_PAUSE_MS }
      : { sql: [`SET LOCK_TIMEOUT ${LOCK_TIMEOUT_MS}`], pauseMs: PAUSE_MS },
  replaceTrigger: (_table, statements) => replaceTrigger(statements),
  // Its rows keep none ("ALTER TABLE", WITH VALUES).
  addCaptureTime: (journal) => [
    `IF COL_LENGTH(${literal(quote(journal))}, N'CAPTURED_AT') IS NULL
ALTER TABLE ${quote(journal)} ADD [CAPTURED_AT] datetime2(7) NULL DEFAULT (SYSUTCDATETIME())`,
  ],
  alterJournalColumn: (journal, column) =>
    `ALTER TABLE ${quote(journal)} ALTER COLUMN ${quote(column.name)} ${column.type} NULL`,
  addJournalColumn: (journal, column) => [
    `IF COL_LENGTH(${literal(quote(journal))}, ${literal(column.name)}) IS NULL
ALTER TABLE ${quote(journal)} ADD ${quote(column.name)} ${column.type} NULL`,
  ],
  drop(object: ObjectRef) {
    switch (object.kind) {
      case "trigger":
        return [`DROP TRIGGER IF EXISTS ${quote(object.name)}`];
      case "sequence":
        return [`DROP SEQUENCE IF EXISTS ${quote(object.name)}`];
      case "journal":
        return [
          `DROP TABLE IF EXISTS ${quote(object.name)}`,
          `DROP SEQUENCE IF EXISTS ${quote(sequenceName(object.name))}`,
        ];
      default:
        return [`DROP TABLE IF EXISTS ${quote(object.name)}`];
    }
  },
  removal: {
    awaitWriters: () => [],
    holdOff: (tables) => [
      "SET LOCK_TIMEOUT 0",
      "BEGIN TRANSACTION",
      ...tables.map(
        (table) => `DECLARE @held int = (SELECT TOP (1) 1 FROM ${quote(table)} WITH (TABLOCKX, HOLDLOCK))`,
      ),
    ],
    keep: ["COMMIT TRANSACTION"],
    undo: ["IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"],
  },
  isOurs,
  isOlderShape,
  isCurrent,
  grants(side, tables, readOnly, user) {
    const to = quote(user.name);
    const reads = readOnly.map((name) => `GRANT SELECT ON ${quote(name)} TO ${to}`);
    const [first] = tables;
    // Without VIEW DEFINITION a user sees neither missing capture nor a trigger that was changed.
    if (side === "source") {
      const own = tables.flatMap((t) => [
        `GRANT SELECT, VIEW DEFINITION ON ${quote(t.source.name)} TO ${to}`,
        `GRANT SELECT, UPDATE, DELETE, VIEW DEFINITION ON ${quote(t.names.journal)} TO ${to}`,
        // An idle table is known by its sequence alone, see `drawn`.
        `GRANT VIEW DEFINITION ON ${quote(sequenceName(t.names.journal))} TO ${to}`,
      ]);
      return [...own, ...reads];
    }
    const own = tables.flatMap((t) => [
      // Rows that the server numbers can be given their number only with ALTER (SET IDENTITY_INSERT).
      ...[t, ...alsoWritten(t)].map(
        ({ target }) =>
          `GRANT SELECT, INSERT, UPDATE, DELETE, VIEW DEFINITION${target.columns.some((c) => c.default === IDENTITY) ? ", ALTER" : ""} ON ${quote(target.name)} TO ${to}`,
      ),
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${quote(t.targetNames.checkpoint)} TO ${to}`,
    ]);
    const shared = first === undefined ? [] : sharedTables(first.target.name).map(quote);
    return [
      ...own,
      ...shared.map((table) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${to}`),
      ...reads,
    ];
  },
  script(statements, comment) {
    const head = comment.map((line) => `-- ${line}`.trimEnd());
    return [...head, ":ON ERROR EXIT", ...statements.map((sql) => `${sql}\nGO`), ""].join("\n");
  },
  refuseIn: ({ home, journals }) => [
    `IF ${home === undefined ? "" : `${HOME} = ${literal(home)} OR `}EXISTS (SELECT 1 FROM sys.tables AS t
INNER JOIN sys.extended_properties AS p ON p.class = 1 AND p.major_id = t.object_id AND p.minor_id = 0 AND p.name = N'${IDENTITY_PROPERTY}'
WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) IN (${journals.map((name) => literal(name.toUpperCase())).join(", ")})
AND (CONVERT(nvarchar(400), p.value) LIKE CONCAT(N'% ', ${HOME}) OR CONVERT(nvarchar(400), p.value) LIKE CONCAT(N'% ', ${NAMED_HOME}))) THROW 50002, N'this script is for the target database, and this is the source', 1`,
  ],
};
