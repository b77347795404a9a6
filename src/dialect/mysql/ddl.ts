import type { Ddl, Grantee, ObjectRef } from "../../contract/ddl.ts";
import { sharedTables } from "../../contract/object-names.ts";
import { alsoWritten } from "../../contract/sync-plan.ts";
import { addCaptureTime, captureSteps, dynamic, LABEL, label, SQL_MODE } from "./capture.ts";
import { literal, quote } from "./connect.ts";
import { HOME } from "./introspect.ts";

/** Seconds that a DDL statement waits for its metadata lock; meanwhile new statements on the table queue behind it. */
const LOCK_TIMEOUT_S = 2;

/** Lets the writers that queued behind an attempt through. */
const PAUSE_MS = 500;

/** The journals too: a session that has locked tables may read no others. */
const lockForWrite = (tables: readonly string[]): string =>
  `LOCK TABLES ${tables.map((table) => `${quote(table)} WRITE`).join(", ")}`;

const onOneLine = (sql: string): string => sql.trim().replace(/\s+/g, " ");

/** An account as GRANT takes it. */
const accountOf = ({ name, host = "%" }: Grantee): string => `${literal(name)}@${literal(host)}`;

export const ddl: Ddl = {
  session: () => [
    `SET SESSION lock_wait_timeout = ${LOCK_TIMEOUT_S}`,
    `SET SESSION innodb_lock_wait_timeout = ${LOCK_TIMEOUT_S}`,
    "SET NAMES utf8mb4",
    SQL_MODE,
  ],
  lockTable: () => [],
  capture: (table) => captureSteps(table, true),
  afterFailedTrigger: ["UNLOCK TABLES"],
  lockWait: () => ({ sql: [], pauseMs: PAUSE_MS }),
  checkpoint: (name) => ({
    object: { kind: "checkpoint", name },
    sql: [
      `CREATE TABLE IF NOT EXISTS ${quote(name)} (
  LANE INT NOT NULL PRIMARY KEY,
  SYNC_ID BIGINT NOT NULL,
  JOURNAL_ID VARCHAR(64) NOT NULL,
  DIGEST VARCHAR(64) NOT NULL,
  UPDATED_AT DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin`,
    ],
  }),
  deadLetters: (name) => ({
    object: { kind: "dead-letters", name },
    sql: [
      `CREATE TABLE IF NOT EXISTS ${quote(name)} (
  TABLE_NAME VARCHAR(128) NOT NULL,
  ROW_KEY VARCHAR(2000) NOT NULL,
  ROW_KEY_DIGEST VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  SYNC_ID BIGINT NOT NULL,
  REASON VARCHAR(1000) NOT NULL,
  CODE VARCHAR(32) NOT NULL,
  ATTEMPTS INT NOT NULL,
  FIRST_SEEN VARCHAR(32) NOT NULL,
  LAST_TRIED VARCHAR(32) NULL,
  PRIMARY KEY (TABLE_NAME, ROW_KEY_DIGEST)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    ],
  }),
  state: (name) => ({
    object: { kind: "state", name },
    sql: [
      `CREATE TABLE IF NOT EXISTS ${quote(name)} (
  NAME VARCHAR(700) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  VALUE VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  UPDATED_AT DATETIME(3) NOT NULL
) ENGINE=InnoDB`,
    ],
  }),
  replaceTrigger: (table, statements) => [
    `LOCK TABLES ${quote(table)} WRITE`,
    ...statements,
    "UNLOCK TABLES",
  ],
  addCaptureTime,
  alterJournalColumn: (journal, column) =>
    `ALTER TABLE ${quote(journal)} MODIFY COLUMN ${quote(column.name)} ${column.type} NULL DEFAULT NULL`,
  addJournalColumn: (journal, column) =>
    // MySQL, unlike MariaDB, has no ADD COLUMN IF NOT EXISTS.
    dynamic(
      `IF((SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${literal(journal)} AND COLUMN_NAME = ${literal(column.name)}) = 0, ${literal(`ALTER TABLE ${quote(journal)} ADD COLUMN ${quote(column.name)} ${column.type} NULL DEFAULT NULL`)}, 'DO 0')`,
    ),
  drop: (object: ObjectRef) =>
    object.kind === "trigger"
      ? [`DROP TRIGGER IF EXISTS ${quote(object.name)}`]
      : [`DROP TABLE IF EXISTS ${quote(object.name)}`],
  removal: {
    awaitWriters: (table) => [`LOCK TABLES ${quote(table)} WRITE`, "UNLOCK TABLES"],
    // No shorter wait than a second can be set here. Of a deadlock over metadata locks the server ends the application's
    // statement (error 1213, tried on 9.7): so those who write now have been waited for, one table at a time.
    holdOff: (tables, journals) => [
      "SET SESSION lock_wait_timeout = 1",
      lockForWrite([...tables, ...journals]),
    ],
    keep: ["UNLOCK TABLES"],
    undo: ["UNLOCK TABLES"],
  },
  isOurs: (body) => label.test(body),
  isOlderShape: (body) => label.test(body) && !body.includes(LABEL),
  isCurrent: (step, body) => {
    const wanted = step.sql.join();
    const [own] = label.exec(wanted) ?? [];
    if (own === undefined) return true;
    // The catalogue garbles a name that has a backquote: `a``b` is shown as `aa`bb` (tried on MySQL 9.7 and MariaDB 10.11).
    if (wanted.includes("``")) return body.startsWith(`${own}:`);
    // The label alone would not show a trigger that somebody changed and left its label in.
    return onOneLine(wanted).endsWith(onOneLine(body));
  },
  grants(side, tables, readOnly, user) {
    const to = accountOf(user);
    const reads = readOnly.map((name) => `GRANT SELECT ON ${quote(name)} TO ${to}`);
    const [first] = tables;
    // Without TRIGGER a user does not see the triggers of a table, hence neither missing capture nor a dump's copies.
    if (side === "source") {
      const ancestors = new Set(tables.flatMap((t) => t.cascades.map((path) => path.ancestor)));
      return [
        ...tables.flatMap((t) => [
          `GRANT SELECT, TRIGGER ON ${quote(t.source.name)} TO ${to}`,
          `GRANT SELECT, UPDATE, DELETE ON ${quote(t.names.journal)} TO ${to}`,
        ]),
        ...reads,
        ...[...ancestors].map((name) => `GRANT TRIGGER ON ${quote(name)} TO ${to}`),
      ];
    }
    const shared = first === undefined ? [] : sharedTables(first.target.name).map(quote);
    return [
      ...tables.flatMap((t) => [
        `GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON ${quote(t.target.name)} TO ${to}`,
        `GRANT SELECT, INSERT, UPDATE ON ${quote(t.targetNames.checkpoint)} TO ${to}`,
        ...alsoWritten(t).map(
          ({ target }) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${quote(target.name)} TO ${to}`,
        ),
      ]),
      ...shared.map((table) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${to}`),
      ...reads,
    ];
  },
  grantChoices: (side, user) =>
    side === "target"
      ? []
      : [
          {
            sql: `GRANT PROCESS ON *.* TO ${accountOf(user)}`,
            brings:
              "a run, status and drain name the transaction that they wait for, doctor those older than capture",
          },
          {
            sql: `GRANT SELECT ON performance_schema.* TO ${accountOf(user)}`,
            brings:
              "MySQL 8 and newer: the same by who has the journals open, so that no statement on other tables is waited for",
          },
          {
            sql: `GRANT REPLICATION CLIENT ON *.* TO ${accountOf(user)}`,
            brings:
              "MySQL: a server that applies another one's changes is found out, which captures nothing of them",
          },
        ],
  script(statements, comment) {
    const head = comment.map((line) => `-- ${line}`.trimEnd());
    return [...head, "DELIMITER //", ...statements.map((sql) => `${sql}//`), "DELIMITER ;", ""].join("\n");
  },
  refuseIn: ({ home, journals }) =>
    // The only way to fail on a condition outside a stored program: a name that does not exist.
    dynamic(
      `IF(${home === undefined ? "" : `${HOME} = ${literal(home)} OR `}EXISTS (SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND UPPER(TABLE_NAME) IN (${journals.map((name) => literal(name.toUpperCase())).join(", ")}) AND TABLE_COMMENT LIKE CONCAT('sync-tool journal % ', ${HOME})), 'SELECT this_script_is_for_the_target_and_this_is_the_source', 'DO 0')`,
    ),
};
