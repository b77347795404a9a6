import { deadLettersName } from "../../plan/object-names.ts";
import { alsoWritten, type TablePlan } from "../../plan/sync-plan.ts";
import { fingerprint } from "../../util/fingerprint.ts";
import type { DdlStep, Dialect, ObjectRef } from "../dialect.ts";
import { sequenceName } from "../sequence-name.ts";
import type { Column } from "../table-schema.ts";
import { keyBytes } from "./column-sql.ts";
import { literal, quote } from "./connect.ts";
import { HOME, IDENTITY_PROPERTY } from "./introspect.ts";
import { IDENTITY } from "./write-rows.ts";

/**
 * CREATE TRIGGER takes the table's schema modification lock, which no other lock is compatible with, so it waits for
 * every transaction that has written to the table, and none can be missed ("Transaction locking and row versioning
 * guide", "Schema locks"). Whoever comes after it waits behind it, so it gives up after this time and comes again.
 */
const LOCK_TIMEOUT_MS = 2_000;

const MARK = "sync-tool capture v1";

/** Journal with its sequence and identity, then one set-based trigger for each kind of write. */
function capture(table: TablePlan): readonly DdlStep[] {
  const { names, source } = table;
  const columns = source.columns.filter((column) => !column.generated);
  const insert = (action: string, rows: "inserted" | "deleted"): string =>
    `INSERT INTO ${quote(names.journal)} (${columns.map((c) => quote(c.name)).join(", ")}, [ACTION])
  SELECT ${columns.map((c) => `r.${quote(c.name)}`).join(", ")}, '${action}' FROM ${rows} AS r`;
  const key = table.key.map((column) => sameKey(column.source)).join(" AND ");
  return [
    journal(names.journal, columns),
    trigger(table, names.insertTrigger, "INSERT", [insert("INSERT", "inserted")]),
    trigger(table, names.updateTrigger, "UPDATE", [
      // Keys that the statement left without a row go first; rows of one statement can exchange their keys.
      `${insert("DELETE", "deleted")}
  WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE ${key})`,
      insert("UPDATE", "inserted"),
    ]),
    trigger(table, names.deleteTrigger, "DELETE", [insert("DELETE", "deleted")]),
  ];
}

/** Compared byte by byte: a change of case alone is a change of the row. */
function sameKey(column: Column): string {
  const [left, right] = [`i.${quote(column.name)}`, `r.${quote(column.name)}`];
  const same = column.kind === "text" ? `${keyBytes(left)} = ${keyBytes(right)}` : `${left} = ${right}`;
  return column.nullable ? `(${same} OR (${left} IS NULL AND ${right} IS NULL))` : same;
}

/**
 * Positions come from a sequence, for an identity column would change what @@IDENTITY tells the application
 * (Transact-SQL reference, "@@IDENTITY": an insert by a trigger into a table without one leaves it alone). Its cache is
 * one counter in the server's memory for all sessions: values are handed out in order whether cached or not, and after
 * a crash it goes on above the last cached one ("CREATE SEQUENCE"), which leaves a hole and never an older value.
 * Table, sequence and triggers have one owner, so that the application needs no right on them ("NEXT VALUE FOR").
 */
function journal(name: string, columns: readonly Column[]): DdlStep {
  const table = quote(name);
  const sequence = quote(sequenceName(name));
  const lines = columns.map((column) => `  ${quote(column.name)} ${column.type} NULL`);
  return {
    object: { kind: "journal", name },
    sql: [
      `IF OBJECT_ID(${literal(sequence)}, N'SO') IS NULL
CREATE SEQUENCE ${sequence} AS bigint START WITH 1 INCREMENT BY 1 MINVALUE 1 NO CYCLE CACHE 100`,
      `IF OBJECT_ID(${literal(table)}, N'U') IS NULL
CREATE TABLE ${table} (
${lines.join(",\n")},
  [SYNC_ID] bigint NOT NULL DEFAULT (NEXT VALUE FOR ${sequence}) PRIMARY KEY CLUSTERED,
  [ACTION] varchar(15) NOT NULL
)`,
      // A statement that changes thousands of rows must not lock the whole journal against other writers.
      `ALTER TABLE ${table} SET (LOCK_ESCALATION = DISABLE)`,
      // The identity is drawn by the server, so that a script run again on a new journal draws another.
      `DECLARE @schema sysname = SCHEMA_NAME();
DECLARE @identity nvarchar(400) = CONCAT(REPLACE(CONVERT(varchar(36), NEWID()), '-', ''), ' ', ${HOME});
IF NOT EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(${literal(table)}) AND minor_id = 0 AND name = N'${IDENTITY_PROPERTY}')
EXEC sp_addextendedproperty @name = N'${IDENTITY_PROPERTY}', @value = @identity, @level0type = N'SCHEMA', @level0name = @schema, @level1type = N'TABLE', @level1name = ${literal(name)}`,
    ],
  };
}

/**
 * NOCOUNT keeps the application's row counts, ROWCOUNT its limit from ours: both are put back when the trigger ends.
 * The trigger goes first among those of its table, since another one that writes to the same row would journal a newer
 * image before this one has journaled the older ("sp_settriggerorder"); where another claims that place it stays there.
 */
function trigger(table: TablePlan, name: string, event: string, work: readonly string[]): DdlStep {
  const body = ["SET NOCOUNT ON", "SET ROWCOUNT 0", ...work].map((statement) => `  ${statement};`).join("\n");
  const on = quote(table.source.name);
  return {
    object: { kind: "trigger", name, table: table.source.name },
    sql: [
      `CREATE TRIGGER ${quote(name)} ON ${on} AFTER ${event} AS
-- ${MARK} ${fingerprint(`${event} ${body}`)}
BEGIN
${body}
END`,
      `IF NOT EXISTS (SELECT 1 FROM sys.trigger_events AS e INNER JOIN sys.triggers AS g ON g.object_id = e.object_id WHERE g.parent_id = OBJECT_ID(${literal(on)}) AND e.type_desc = N'${event}' AND e.is_first = 1)
EXEC sp_settriggerorder @triggername = ${literal(quote(name))}, @order = 'First', @stmttype = '${event}'`,
    ],
  };
}

/** A trigger's text behind its mark, as one line: what stands before, a script's comment say, does not matter. */
const workOf = (body: string): string => (body.split(`-- ${MARK} `)[1] ?? "-").replace(/\s+/g, " ").trim();

const TEXT = "varchar(64) COLLATE Latin1_General_BIN2";

export const ddl: Dialect["ddl"] = {
  // With XACT_ABORT a failed replacement of a trigger leaves the old one in place. A module keeps the ANSI settings that
  // it was made under ("CREATE TRIGGER"), and sqlcmd has QUOTED_IDENTIFIER off.
  session: () => [
    `SET LOCK_TIMEOUT ${LOCK_TIMEOUT_MS}`,
    "SET XACT_ABORT ON",
    "SET ANSI_NULLS ON",
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
  // DROP TRIGGER keeps its schema modification lock to the end of the transaction.
  afterFailedReplace: [],
  lockWait: () => ({ sql: [], pauseMs: 500 }),
  replaceTrigger: (_table, statements) => ["BEGIN TRANSACTION", ...statements, "COMMIT TRANSACTION"],
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
  isOurs: (body) => body.includes(`-- ${MARK} `),
  // The mark alone would not show a trigger that somebody changed and left its mark in.
  isCurrent: (step, body) => step.object.kind !== "trigger" || workOf(step.sql[0] ?? "") === workOf(body),
  grants(side, tables, readOnly, user) {
    const to = quote(user);
    const reads = readOnly.map((name) => `GRANT SELECT ON ${quote(name)} TO ${to}`);
    const [first] = tables;
    // Without VIEW DEFINITION a user sees neither missing capture nor a trigger that was changed.
    if (side === "source") {
      const own = tables.flatMap((t) => [
        `GRANT SELECT, VIEW DEFINITION ON ${quote(t.source.name)} TO ${to}`,
        `GRANT SELECT, UPDATE, DELETE, VIEW DEFINITION ON ${quote(t.names.journal)} TO ${to}`,
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
    const letters = first === undefined ? [] : [quote(deadLettersName(first.target.name))];
    return [
      ...own,
      ...letters.map((table) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${to}`),
      ...reads,
    ];
  },
  script(statements, comment) {
    const head = comment.map((line) => `-- ${line}`.trimEnd());
    return [...head, ":ON ERROR EXIT", ...statements.map((sql) => `${sql}\nGO`), ""].join("\n");
  },
  refuseIn: (home) => [
    `IF ${HOME} = ${literal(home)} THROW 50002, N'this script is for the target database, and this is the source', 1`,
  ],
};
