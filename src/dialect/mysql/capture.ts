import type { DdlStep } from "../../contract/dialect.ts";
import type { CascadePath, TablePlan } from "../../contract/sync-plan.ts";
import type { Column } from "../../contract/table-schema.ts";
import { fingerprint } from "../../util/fingerprint.ts";
import { literal, quote, UNMARKED } from "./connect.ts";
import { HOME } from "./introspect.ts";

/**
 * A trigger keeps the sql_mode it was made under: without strictness and zero-date rules it copies whatever the
 * application's own statement was allowed to store, and never makes that statement fail.
 */
export const SQL_MODE = "SET SESSION sql_mode = ''";

/** A block label: unlike a comment, the command-line client does not strip it from a trigger's body. */
export const LABEL = "sync_tool_v3_";

/**
 * A TIMESTAMP holds UTC, whatever the session's time zone, and no session's change of clocks makes two moments one. It ends in
 * 2038, and a session's own SET TIMESTAMP counts as its time; the triggers' sql_mode stores what it cannot hold as zero
 * and lets the application's statement pass.
 */
const CAPTURED_AT = "`CAPTURED_AT` TIMESTAMP(6) NULL DEFAULT CURRENT_TIMESTAMP(6)";

const isWritten = (column: Column): boolean => !column.generated;

/**
 * Journal, three triggers, and triggers on every ancestor whose DELETE would cascade unseen. `survivors`: also one that
 * journals the rows which a cascade spared after all.
 */
export function captureSteps(table: TablePlan, survivors: boolean): readonly DdlStep[] {
  const { names, source } = table;
  const columns = source.columns.filter(isWritten);
  const insert = (action: string, row: "NEW" | "OLD"): string =>
    `INSERT INTO ${quote(names.journal)} (${columnList(columns)}, ACTION) VALUES (${columns.map((c) => `${row}.${quote(c.name)}`).join(", ")}, '${action}');`;
  const same = table.key.map((column) => sameBytes(column.source)).join(" AND ");
  return [
    journal(table, columns),
    trigger(names.insertTrigger, source.name, "AFTER INSERT", insert("INSERT", "NEW")),
    trigger(
      names.updateTrigger,
      source.name,
      "AFTER UPDATE",
      // A changed key is two changes: the old row goes, the new one comes.
      `IF NOT (${same}) THEN ${insert("DELETE", "OLD")} END IF; ${insert("UPDATE", "NEW")}`,
    ),
    trigger(names.deleteTrigger, source.name, "AFTER DELETE", insert("DELETE", "OLD")),
    ...table.cascades.flatMap((path) => [
      cascade(table, path),
      ...(survivors ? [survivorsOf(table, path, columns)] : []),
    ]),
  ];
}

/** Compared byte by byte: a change of case alone is a change of the row. */
function sameBytes(column: Column): string {
  const name = quote(column.name);
  return column.kind === "text"
    ? `CAST(OLD.${name} AS BINARY) <=> CAST(NEW.${name} AS BINARY)`
    : `OLD.${name} <=> NEW.${name}`;
}

function journal(table: TablePlan, columns: readonly Column[]): DdlStep {
  const name = table.names.journal;
  const lines = columns.map((column) => `  ${quote(column.name)} ${column.type} NULL DEFAULT NULL`);
  const create = [
    `CREATE TABLE IF NOT EXISTS ${quote(name)} (`,
    [
      ...lines,
      "  `SYNC_ID` BIGINT NOT NULL AUTO_INCREMENT",
      "  `ACTION` VARCHAR(15) CHARACTER SET ascii NOT NULL",
      `  ${CAPTURED_AT}`,
      "  PRIMARY KEY (`SYNC_ID`)",
    ].join(",\n"),
    ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COMMENT=",
  ].join("\n");
  // The identity is drawn by the server, so that a script run again on a new journal draws another.
  return {
    object: { kind: "journal", name },
    sql: [
      ...dynamic(
        `CONCAT(${literal(create)}, QUOTE(CONCAT('sync-tool journal ', REPLACE(UUID(), '-', ''), ' ', ${HOME})))`,
      ),
      // Otherwise 0 would have the counter's next value put in its place.
      "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
      `INSERT INTO ${quote(name)} (SYNC_ID, ACTION) SELECT 0, 'ANCHOR' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ${quote(name)})`,
      SQL_MODE,
      ...firingRights(table),
    ],
  };
}

/**
 * Touches no row, and fails while nothing depends on it: triggers fire with the rights of the user that made them, which
 * nobody asks for when they are made (MySQL manual, "CREATE TRIGGER Statement"). Then every write of a user would fail.
 */
function firingRights(table: TablePlan): readonly string[] {
  const key = table.key.map((column) => column.source);
  return [
    `INSERT INTO ${quote(table.names.journal)} (ACTION) SELECT 'INSERT' FROM (SELECT * FROM ${quote(table.source.name)} LIMIT 0) AS none`,
    ...table.cascades.map(
      (path) => `SELECT ${fromChild(key)} ${takenAlong(table, path, "FALSE")} LIMIT 1 FOR UPDATE`,
    ),
  ];
}

/**
 * For a journal from before such times, whose rows keep none: the default comes after the column, since one that came with
 * it would be written to every row.
 */
export function addCaptureTime(journal: string): readonly string[] {
  const lacks = (condition: string): string =>
    `(SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${literal(journal)} AND COLUMN_NAME = 'CAPTURED_AT'${condition}) = 0`;
  const alter = (words: string): string => literal(`ALTER TABLE ${quote(journal)} ${words}`);
  return [
    ...dynamic(
      `IF(${lacks("")}, ${alter("ADD COLUMN `CAPTURED_AT` TIMESTAMP(6) NULL DEFAULT NULL")}, 'DO 0')`,
    ),
    ...dynamic(
      `IF(${lacks(" AND COLUMN_DEFAULT LIKE 'current_timestamp%'")}, ${alter(`MODIFY COLUMN ${CAPTURED_AT}`)}, 'DO 0')`,
    ),
  ];
}

/** Statements for a text made at run time. */
export function dynamic(expression: string): readonly string[] {
  return [
    `SET @sync_tool_sql = ${expression}`,
    "PREPARE sync_tool_statement FROM @sync_tool_sql",
    "EXECUTE sync_tool_statement",
    "DEALLOCATE PREPARE sync_tool_statement",
  ];
}

function trigger(name: string, table: string, event: string, work: string): DdlStep {
  const label = `${LABEL}${fingerprint(`${event} ${work}`)}`;
  return {
    object: { kind: "trigger", name, table },
    sql: [
      `CREATE TRIGGER ${quote(name)} ${event} ON ${quote(table)} FOR EACH ROW ${label}: BEGIN IF ${UNMARKED} THEN ${work} END IF; END ${label}`,
    ],
  };
}

/** A session's own sql_select_limit cuts every SELECT off that has no LIMIT, in triggers too. */
const ALL_ROWS = "18446744073709551615";

/**
 * InnoDB deletes the rows of a cascade itself and fires none of their triggers (MySQL manual, "FOREIGN KEY
 * Constraints"), so the ancestor's own DELETE journals them, before it happens.
 *
 * It locks them as the cascade is about to: a read without locks would miss rows committed since the statement began,
 * and would draw the position of a DELETE before that of an update still under way. Of the reads in a trigger only FOR
 * UPDATE locks (tried on MySQL 9.7 and MariaDB 10.11), and INSERT ... SELECT. FOR UPDATE counts as writing the child
 * table, which a trigger may not do when the statement itself names that table (error 1442): then INSERT ... SELECT.
 *
 * Otherwise not that: it would keep the journal's AUTO-INC lock up to the end of the application's whole statement, and
 * every other writer of the child table would wait for it (innodb_autoinc_lock_mode = 1, the default of MariaDB and
 * MySQL 5.7). Only the key is journaled: no more of a DELETE is applied, and a TIMESTAMP held in a variable would lose
 * the hour that a change of clocks repeats.
 */
function cascade(table: TablePlan, path: CascadePath): DdlStep {
  const key = table.key.map((column) => column.source);
  const held = key.map((_, i) => `gone_${i}`);
  const into = `INSERT INTO ${quote(table.names.journal)} (${columnList(key)}, ACTION)`;
  const work = [
    "BEGIN",
    "DECLARE at_end INT DEFAULT 0;",
    ...key.map((column, i) => `DECLARE ${held[i]} ${column.type};`),
    `DECLARE gone CURSOR FOR SELECT ${fromChild(key)} ${takenAlong(table, path)} LIMIT ${ALL_ROWS} FOR UPDATE;`,
    "DECLARE CONTINUE HANDLER FOR NOT FOUND SET at_end = 1;",
    `BEGIN DECLARE EXIT HANDLER FOR 1442 ${into} SELECT ${fromChild(key)}, 'DELETE' ${takenAlong(table, path)} LOCK IN SHARE MODE;`,
    `OPEN gone; each_row: LOOP FETCH gone INTO ${held.join(", ")}; IF at_end THEN LEAVE each_row; END IF;`,
    `${into} VALUES (${held.join(", ")}, 'DELETE'); END LOOP; CLOSE gone; END;`,
    "END;",
  ];
  return trigger(path.trigger, path.ancestor, "BEFORE DELETE", work.join(" "));
}

/**
 * MySQL 9.6 and newer delete nothing when REPLACE puts back a row of the same key, though BEFORE DELETE has fired:
 * what is still there AFTER DELETE is journaled once more, as it is.
 */
function survivorsOf(table: TablePlan, path: CascadePath, columns: readonly Column[]): DdlStep {
  const work = `INSERT INTO ${quote(table.names.journal)} (${columnList(columns)}, ACTION) SELECT ${fromChild(columns)}, 'UPDATE' ${takenAlong(table, path)} LOCK IN SHARE MODE;`;
  return trigger(path.afterTrigger, path.ancestor, "AFTER DELETE", work);
}

const fromChild = (columns: readonly Column[]): string =>
  columns.map((column) => `t0.${quote(column.name)}`).join(", ");

/** The rows of a table that hang on the ancestor's row OLD, or of which something else is true. */
function takenAlong(table: TablePlan, path: CascadePath, instead?: string): string {
  const joins = path.links.slice(0, -1).map((link, i) => {
    const on = link.columns.map(
      (column, k) => `t${i}.${quote(column)} = t${i + 1}.${quote(link.refColumns[k] ?? "")}`,
    );
    return `JOIN ${quote(link.refTable)} t${i + 1} ON ${on.join(" AND ")}`;
  });
  const last = path.links.length - 1;
  const link = path.links[last];
  const where = (link?.columns ?? []).map(
    (column, k) => `t${last}.${quote(column)} = OLD.${quote(link?.refColumns[k] ?? "")}`,
  );
  const from = `FROM ${[`${quote(table.source.name)} t0`, ...joins].join(" ")}`;
  return `${from} WHERE ${instead ?? `${where.join(" AND ")} AND @@SESSION.foreign_key_checks = 1`}`;
}

const columnList = (columns: readonly Column[]): string => columns.map((c) => quote(c.name)).join(", ");

/** What tells our triggers from others, of any release. */
export const label = /sync_tool_v\d+_[0-9a-f]{12}/;
