import type { Ddl } from "../../contract/ddl.ts";
import { sharedTables } from "../../contract/object-names.ts";
import { alsoWritten } from "../../contract/sync-plan.ts";
import { block, capture, hasCondition, literal, NOW_UTC, OURS, SHAPE, withoutSchema } from "./capture.ts";
import { MARK, quote } from "./connect.ts";
import { HOME } from "./introspect.ts";
import { sequenceOf } from "./sequences.ts";

/** A busy table is waited for this long in one attempt; meanwhile its writers queue behind us. */
const LOCK_TIMEOUT_MS = 2_000;

/** Lets the writers that queued behind an attempt through. */
const PAUSE_MS = 500;

export const ddl: Ddl = {
  session: () => [`SET lock_timeout = ${LOCK_TIMEOUT_MS}`],
  lockTable: (table) => [
    block(`  IF current_setting('server_version_num')::int < 140000 AND EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
      WHERE g.tgrelid = ${literal(quote(table))}::regclass AND p.prosrc LIKE '%${OURS}%' AND pg_get_triggerdef(g.oid) NOT LIKE '%${MARK}%') THEN
    LOCK TABLE ${quote(table)} IN ACCESS EXCLUSIVE MODE;
  ELSE
    LOCK TABLE ${quote(table)} IN SHARE ROW EXCLUSIVE MODE;
  END IF;`),
  ],
  capture,
  checkpoint: (name) => ({
    object: { kind: "checkpoint", name },
    sql: [
      `CREATE TABLE IF NOT EXISTS ${quote(name)} (
  lane integer NOT NULL PRIMARY KEY,
  sync_id bigint NOT NULL,
  journal_id varchar(64) NOT NULL,
  digest varchar(64) NOT NULL,
  updated_at timestamp NOT NULL
)`,
    ],
  }),
  deadLetters: (name) => ({
    object: { kind: "dead-letters", name },
    sql: [
      `CREATE TABLE IF NOT EXISTS ${quote(name)} (
  table_name varchar(128) NOT NULL,
  row_key varchar(2000) NOT NULL,
  row_key_digest varchar(64) NOT NULL,
  sync_id bigint NOT NULL,
  reason varchar(1000) NOT NULL,
  code varchar(32) NOT NULL,
  attempts integer NOT NULL,
  first_seen varchar(32) NOT NULL,
  last_tried varchar(32),
  PRIMARY KEY (table_name, row_key_digest)
)`,
    ],
  }),
  state: (name) => ({
    object: { kind: "state", name },
    sql: [
      `CREATE TABLE IF NOT EXISTS ${quote(name)} (
  name varchar(700) NOT NULL PRIMARY KEY,
  value varchar(4000) NOT NULL,
  updated_at timestamp NOT NULL
)`,
    ],
  }),
  afterFailedTrigger: [],
  lockWait: () => ({ sql: [], pauseMs: PAUSE_MS }),
  replaceTrigger: (_table, statements) => statements,
  // A default that came with the column would rewrite every row.
  addCaptureTime: (journal) => [
    block(`  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = ${literal(quote(journal))}::regclass AND attname = 'captured_at' AND atthasdef) THEN
    ALTER TABLE ${quote(journal)} ADD COLUMN IF NOT EXISTS captured_at timestamp, ALTER COLUMN captured_at SET DEFAULT ${NOW_UTC};
  END IF;`),
  ],
  alterJournalColumn: (journal, column) =>
    `ALTER TABLE ${quote(journal)} ALTER COLUMN ${quote(column.name)} TYPE ${column.type}`,
  addJournalColumn: (journal, column) => [
    `ALTER TABLE ${quote(journal)} ADD COLUMN IF NOT EXISTS ${quote(column.name)} ${column.type}`,
  ],
  drop(object) {
    switch (object.kind) {
      case "trigger":
        return [
          `DROP TRIGGER IF EXISTS ${quote(object.name)} ON ${quote(object.table ?? "")}`,
          `DROP FUNCTION IF EXISTS ${quote(object.name)}()`,
        ];
      case "function":
        return [`DROP FUNCTION IF EXISTS ${quote(object.name)}()`];
      case "sequence":
        return [`DROP SEQUENCE IF EXISTS ${quote(object.name)}`];
      default:
        return [`DROP TABLE IF EXISTS ${quote(object.name)}`];
    }
  },
  removal: {
    awaitWriters: () => [],
    // Shorter for all tables together than deadlock_timeout (1 s), after which the server looks for a victim.
    holdOff: (tables) => [
      "BEGIN",
      `SET LOCAL lock_timeout = ${Math.max(5, Math.floor(500 / tables.length))}`,
      `LOCK TABLE ${tables.map(quote).join(", ")} IN ACCESS EXCLUSIVE MODE`,
    ],
    keep: ["COMMIT"],
    undo: ["ROLLBACK"],
  },
  isOurs: (body) => body.includes(OURS),
  isOlderShape: (body) => body.includes(OURS) && !body.includes(`${OURS}${SHAPE} `),
  isCurrent: (step, body) => {
    if (step.object.kind === "trigger") return hasCondition(body);
    const wanted = / AS (\$body_*\$)(.*)\1/s.exec(step.sql.join())?.[2];
    // The mark alone would not show a function that somebody changed and left its mark in.
    return wanted === undefined || withoutSchema(wanted.replaceAll("%%", "%")) === withoutSchema(body);
  },
  grants(side, tables, readOnly, user) {
    const to = quote(user.name);
    const usage = block(
      `  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), ${literal(user.name)});`,
    );
    const reads = readOnly.map((name) => `GRANT SELECT ON ${quote(name)} TO ${to}`);
    const [first] = tables;
    if (side === "source") {
      const own = tables.flatMap((t) => [
        `GRANT SELECT ON ${quote(t.source.name)} TO ${to}`,
        `GRANT SELECT, UPDATE, DELETE ON ${quote(t.names.journal)} TO ${to}`,
        // PostgreSQL's own name for an identity column's sequence, cut as it cuts names.
        `GRANT SELECT ON SEQUENCE ${quote(sequenceName(t.names.journal))} TO ${to}`,
      ]);
      return [usage, ...own, ...reads];
    }
    const own = tables.flatMap((t) => [
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${quote(t.target.name)} TO ${to}`,
      `GRANT SELECT, INSERT, UPDATE ON ${quote(t.targetNames.checkpoint)} TO ${to}`,
      // They are moved past the ids that the source has drawn.
      ...t.target.columns
        .flatMap((column) => sequenceOf(column) ?? [])
        .map((sequence) => `GRANT SELECT, UPDATE ON SEQUENCE ${sequence} TO ${to}`),
      ...alsoWritten(t).map(
        ({ target }) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${quote(target.name)} TO ${to}`,
      ),
    ]);
    const shared = first === undefined ? [] : sharedTables(first.target.name).map(quote);
    return [
      usage,
      ...own,
      ...shared.map((table) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${to}`),
      ...reads,
    ];
  },
  grantChoices: (side, { name }) =>
    side === "target"
      ? []
      : [
          {
            sql: `GRANT pg_read_all_stats TO ${quote(name)}`,
            brings:
              "status and drain tell the age of the transaction that they wait for, and doctor sees those older than capture",
          },
        ],
  script(statements, comment) {
    const head = comment.map((line) => `-- ${line}`.trimEnd());
    return [
      ...head,
      "\\set ON_ERROR_STOP on",
      "SET client_min_messages = warning;",
      "BEGIN;",
      ...statements.map((sql) => `${sql};`),
      "COMMIT;",
      "",
    ].join("\n");
  },
  refuseIn: ({ home, journals }) => [
    block(`  IF ${home === undefined ? "" : `${HOME} = ${literal(home)} OR `}EXISTS (SELECT FROM pg_class c
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
      AND lower(c.relname) IN (${journals.map((name) => literal(name.toLowerCase())).join(", ")})
      AND obj_description(c.oid, 'pg_class') LIKE 'sync-tool journal % ' || ${HOME}) THEN
    RAISE EXCEPTION 'this script is for the target database, and this is the source';
  END IF;`),
  ],
};

function sequenceName(journal: string): string {
  return `${journal}_sync_id_seq`;
}
