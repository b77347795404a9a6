import type { Action } from "../../contract/change.ts";
import type { DdlStep } from "../../contract/dialect.ts";
import type { TablePlan } from "../../contract/sync-plan.ts";
import type { Column } from "../../contract/table-schema.ts";
import { fingerprint } from "../../util/fingerprint.ts";
import { sequenceName } from "../sequence-name.ts";
import { literal, MARK, quote } from "./connect.ts";
import { HOME, IDENTITY_PROPERTY } from "./introspect.ts";
import { keyConditions } from "./key-conditions.ts";

const OURS = "-- sync-tool capture v";
const SHAPE = `${OURS}2 `;

/**
 * Journal with its sequence and identity, then one set-based trigger for each kind of write. Rows that a cascade deletes
 * or changes fire the triggers of their own table ("Primary and foreign key constraints": triggers and cascading
 * referential actions).
 */
export function capture(table: TablePlan): readonly DdlStep[] {
  const { names, source } = table;
  const columns = source.columns.filter((column) => !column.generated);
  const insert = (action: Action, rows: "inserted" | "deleted", ...conditions: readonly string[]): string =>
    [
      `INSERT INTO ${quote(names.journal)} (${columns.map((c) => quote(c.name)).join(", ")}, [ACTION])
  SELECT ${columns.map((c) => `r.${quote(c.name)}`).join(", ")}, '${action}' FROM ${rows} AS r`,
      ...conditions.map((condition, i) => `${i === 0 ? "WHERE" : "AND"} ${condition}`),
    ].join("\n  ");
  const { left, onUpdate, onDelete } = keyConditions(table);
  return [
    journal(names.journal, columns),
    trigger(table, names.insertTrigger, "INSERT", [insert("INSERT", "inserted")]),
    trigger(table, names.updateTrigger, "UPDATE", [
      // Keys that the statement left without a row go first; rows of one statement can exchange their keys.
      insert("DELETE", "deleted", left, ...onUpdate.gone),
      insert("UPDATE", "inserted"),
      ...onUpdate.respelled.map((condition) => insert("RESPELLED", "deleted", left, condition)),
    ]),
    trigger(table, names.deleteTrigger, "DELETE", [
      insert("DELETE", "deleted", ...onDelete.gone),
      ...onDelete.respelled.map((condition) => insert("RESPELLED", "deleted", condition)),
    ]),
  ];
}

/**
 * Positions come from a sequence, for an identity column would change what @@IDENTITY tells the application ("@@IDENTITY":
 * an insert by a trigger into a table without one leaves it alone). Its cache is one counter in the server's memory for
 * all sessions: values are handed out in order whether cached or not, and after a crash it goes on above the last cached
 * one ("CREATE SEQUENCE", cache management), which leaves a hole and never an older value. Table, sequence and triggers
 * have one owner, so that the application needs no right on them ("NEXT VALUE FOR", ownership chaining).
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
  [ACTION] varchar(15) NOT NULL,
  [CAPTURED_AT] datetime2(7) NULL DEFAULT (SYSUTCDATETIME())
)`,
      `IF NOT EXISTS (SELECT 1 FROM ${table})
INSERT INTO ${table} ([SYNC_ID], [ACTION]) VALUES (0, 'ANCHOR')`,
      // A statement that changes thousands of rows must not lock the whole journal against other writers. The change
      // itself takes the journal's schema lock ("ALTER TABLE"), so it is made once.
      `IF EXISTS (SELECT 1 FROM sys.tables WHERE object_id = OBJECT_ID(${literal(table)}) AND lock_escalation_desc <> N'DISABLE')
ALTER TABLE ${table} SET (LOCK_ESCALATION = DISABLE)`,
      // The identity is drawn by the server, so that a script run again on a new journal draws another.
      `DECLARE @schema sysname = SCHEMA_NAME();
DECLARE @identity nvarchar(400) = CONCAT(REPLACE(CONVERT(varchar(36), NEWID()), '-', ''), ' ', ${HOME});
IF NOT EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(${literal(table)}) AND minor_id = 0 AND name = N'${IDENTITY_PROPERTY}')
EXEC sp_addextendedproperty @name = N'${IDENTITY_PROPERTY}', @value = @identity, @level0type = N'SCHEMA', @level0name = @schema, @level1type = N'TABLE', @level1name = ${literal(name)}`,
    ],
  };
}

/**
 * No page says that CREATE TRIGGER waits for transactions that have written to its table, so the table is locked first:
 * no exclusive lock is granted while any of them is open, and it is kept to the end of the transaction ("Table Hints",
 * TABLOCKX, HOLDLOCK). The subquery has to read a row, for hints on a table that the plan leaves out are ignored.
 *
 * NOCOUNT keeps the application's row counts ("SET NOCOUNT"), ROWCOUNT its limit from ours ("SET ROWCOUNT"; with one set,
 * NEXT VALUE FOR is refused): both are put back when the trigger ends ("CREATE TRIGGER", trigger limitations).
 *
 * The trigger goes first among those of its table, since another one that writes to the same row would journal a newer
 * image before this one has journaled the older ("sp_settriggerorder"); where another claims that place it stays there,
 * and `doctor` says so.
 */
function trigger(table: TablePlan, name: string, event: string, work: readonly string[]): DdlStep {
  const unlessMarked = `IF SESSION_CONTEXT(N'${MARK}') IS NOT NULL RETURN`;
  const body = [unlessMarked, "SET NOCOUNT ON", "SET ROWCOUNT 0", ...work]
    .map((statement) => `  ${statement};`)
    .join("\n");
  const on = quote(table.source.name);
  return {
    object: { kind: "trigger", name, table: table.source.name },
    sql: [
      "BEGIN TRANSACTION",
      `DECLARE @held int = (SELECT TOP (1) 1 FROM ${on} WITH (TABLOCKX, HOLDLOCK))`,
      `CREATE TRIGGER ${quote(name)} ON ${on} AFTER ${event} AS
${SHAPE}${fingerprint(`${event} ${body}`)}
BEGIN
${body}
END`,
      `IF NOT EXISTS (SELECT 1 FROM sys.trigger_events AS e INNER JOIN sys.triggers AS g ON g.object_id = e.object_id WHERE g.parent_id = OBJECT_ID(${literal(on)}) AND e.type_desc = N'${event}' AND e.is_first = 1)
EXEC sp_settriggerorder @triggername = ${literal(quote(name))}, @order = 'First', @stmttype = '${event}'`,
      "COMMIT TRANSACTION",
    ],
  };
}

/** Puts the drop of the old trigger behind the table's lock, into the transaction that makes the new one. */
export function replaceTrigger(statements: readonly string[]): readonly string[] {
  const isDrop = (sql: string): boolean => sql.startsWith("DROP TRIGGER");
  const create = statements.findIndex(isCreate);
  const before = statements.slice(0, create).filter((sql) => !isDrop(sql));
  return [...before, ...statements.filter(isDrop), ...statements.slice(create)];
}

const isCreate = (sql: string): boolean => sql.startsWith("CREATE TRIGGER");

/** A trigger's text behind its mark, as one line: what stands before, a script's comment say, does not matter. */
const workOf = (body: string): string => (body.split(SHAPE)[1] ?? "-").replace(/\s+/g, " ").trim();

export const isOurs = (body: string): boolean => body.includes(OURS);

export const isOlderShape = (body: string): boolean => isOurs(body) && !body.includes(SHAPE);

/** The mark alone would not show a trigger that somebody changed and left its mark in. */
export const isCurrent = (step: DdlStep, body: string): boolean =>
  step.object.kind !== "trigger" || workOf(step.sql.find(isCreate) ?? "") === workOf(body);
