import type { Param } from "../../src/db/param.ts";
/** Every statement that a dialect can produce for a table, for a grammar to read. */

import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { Dialect, Statement } from "../../src/contract/dialect.ts";
import type { TablePlan } from "../../src/contract/sync-plan.ts";
import type { Queryable } from "../../src/db/database.ts";
import type { Row } from "../../src/row.ts";

/** A database that takes down what it is asked and knows nothing, or gives the same row as every answer. */
export function createRecorder(row?: Record<string, unknown>): {
  readonly db: Queryable;
  readonly statements: Statement[];
} {
  const statements: Statement[] = [];
  const note = (sql: string, params: readonly Param[] = []) => void statements.push({ sql, params });
  return {
    statements,
    db: {
      query: async (sql, params) => {
        note(sql, params);
        return row === undefined ? [] : [row];
      },
      execute: async (sql, params) => {
        note(sql, params);
        return 0;
      },
    },
  };
}

const VALUES = {
  ...{ text: "a", integer: "1", decimal: "1.5", float: "1.5", boolean: "1" },
  ...{ timestamp: "2021-03-04 05:06:07.891234", date: "2021-03-04", time: "05:06:07" },
  ...{ binary: new Uint8Array([1, 2]), other: "x" },
} as const;

/** A row with a value in every column of the target; `text` fills the texts. */
export function sampleRow(table: TablePlan, text = "a"): Row {
  return Object.fromEntries(
    table.targetColumns.map(({ name, target }) => [
      name,
      target.kind === "text" ? text : VALUES[target.kind],
    ]),
  );
}

/** DDL of a table on both sides; no parameters. */
export function ddlStatements({ ddl }: Dialect, table: TablePlan): readonly string[] {
  const steps = ddl.capture(table);
  const triggers = steps.filter((step) => step.object.kind === "trigger");
  const column = table.source.columns[0];
  return [
    ...ddl.session(),
    ...[1, 1_000].flatMap((attempt) => ddl.lockWait(attempt).sql),
    ...ddl.afterFailedTrigger,
    ...steps.flatMap((step) => step.sql),
    ...triggers.flatMap((step) =>
      ddl.replaceTrigger(table.source.name, [...ddl.drop(step.object), ...step.sql]),
    ),
    ...ddl.addCaptureTime(table.names.journal),
    ...(column === undefined ? [] : ddl.addJournalColumn(table.names.journal, column)),
    ...ddl.checkpoint(table.targetNames.checkpoint).sql,
    ...ddl.deadLetters("SYNC_DEAD_LETTERS").sql,
    ...ddl.state("SYNC_STATE").sql,
    ...steps.flatMap((step) => ddl.drop(step.object)),
    ...ddl.removal.awaitWriters(table.source.name),
    ...ddl.removal.holdOff([table.source.name, "IDP"], [table.names.journal]),
    ...ddl.removal.keep,
    ...ddl.removal.undo,
    ...ddl.drop({ kind: "checkpoint", name: table.targetNames.checkpoint }),
    ...ddl.drop({ kind: "dead-letters", name: "SYNC_DEAD_LETTERS" }),
    ...ddl.drop({ kind: "state", name: "SYNC_STATE" }),
    ...ddl.grants("source", [table], ["IDP"], { name: "sync_tool" }),
    ...ddl.grants("target", [table], ["IDP"], { name: "sync_tool" }),
    ...ddl.refuseIn({ home: "abc", journals: [table.names.journal] }),
  ];
}

/** Queries and writes of a table, with parameters. */
export async function dmlStatements(dialect: Dialect, table: TablePlan): Promise<readonly Statement[]> {
  const { sql } = dialect;
  const { journal } = table.names;
  const { checkpoint } = table.targetNames;
  const columns = table.columns.map((c) => c.source);
  const key = table.key.map((c) => c.source);
  const keyOf = (text: string) => table.key.map((c) => sampleRow(table, text)[c.name] ?? null);
  const from = { lane: 0, position: 7n, journalId: "j", digest: "d" };
  const { db, statements } = createRecorder();
  for (const text of ["a", "é😀"]) {
    const rows = [sampleRow(table, text), sampleRow(table, `${text}2`)];
    const narrow = Object.fromEntries(table.key.map((c) => [c.name, sampleRow(table)[c.name] ?? null]));
    await dialect.writeRows(db, table, [...rows, narrow], table.targetOnly);
    for (const exactly of [false, true])
      await dialect.deleteRows(db, table, [keyOf(text), keyOf("b")], exactly);
  }
  return [
    ...statements,
    sql.readChanges(table, 1n, 100),
    sql.readChanges(table, 8n, 100),
    sql.readChangesAt(table, [3n, 9n]),
    sql.changeSizes(table, columns, 8n, 100),
    sql.laterChange(table, 8n, keyOf("a")),
    sql.laterChange(table, 8n, keyOf("é")),
    sql.countChanges(journal, 8n, 100_001),
    sql.oldestChange(journal, 8n),
    sql.markPurged(table, 8n),
    sql.purgeBefore(journal, 8n, 100),
    sql.highestAtOrBelow(journal, 8n),
    sql.presentIn(
      journal,
      Array.from({ length: 200 }, () => ({ first: 8n, last: 9n })),
    ),
    sql.readRows(table.source.name, columns, key, [keyOf("a"), keyOf("b")]),
    sql.readKeyRange(table.source.name, columns, key, undefined, 100),
    sql.readKeyRange(table.source.name, columns, key, keyOf("a"), 100),
    sql.countRows(table.source.name),
    sql.estimateRows(table.source.name),
    sql.countRows(table.source.name, key, keyOf("é")),
    sql.readTable(table.target.name, ["ID", "NAME"]),
    sql.readTable(table.target.name, ["ID", "NAME"], 5),
    sql.readCheckpoint(checkpoint),
    sql.shareCheckpoint(checkpoint),
    sql.insertCheckpoint(checkpoint, from),
    sql.moveCheckpoint(checkpoint, from, { ...from, position: 9n }),
    sql.readState("SYNC_STATE"),
    sql.writeState("SYNC_STATE", "gap/A", "{}"),
    sql.deleteState("SYNC_STATE", ["gap/A", "seen/A"]),
  ];
}

/** What `doctor` asks of either side, and what it would have a DBA run when every answer is bad. */
export function doctorStatements(
  { doctor }: Dialect,
  tables: readonly TablePlan[],
): { readonly asked: readonly Statement[]; readonly mends: readonly string[] } {
  if (doctor === undefined) return { asked: [], mends: [] };
  const settings: ConnectionSettings = {
    ...{ type: "postgres", hosts: [{ host: "blue", port: 1 }], user: "sync_tool", password: "" },
    ...{ tls: { mode: "disable" }, connectTimeoutMs: 1, pool: { max: 1, acquireTimeoutMs: 1 } },
  };
  const scopes = (["source", "target"] as const).flatMap((side) => [
    { side, settings, tables, isPrepared: false, present: new Set<string>() },
    { side, settings, tables: [], isPrepared: true, present: new Set<string>() },
  ]);
  const facts = scopes.flatMap((scope) => doctor.facts(scope));
  const named: Record<string, string> = { name: "[T]", privilege: "SELECT" };
  const bad = new Proxy(named, { get: (_row, column) => named[String(column)] ?? "0" });
  return {
    asked: [{ sql: doctor.clock, params: [] }, ...facts.map((fact) => fact.ask)],
    mends: facts.flatMap((fact) => fact.judge([bad]).statements ?? []),
  };
}

/** What a dialect asks of a server beside its tables' rows. */
export async function serverStatements(dialect: Dialect): Promise<readonly Statement[]> {
  const { db, statements } = createRecorder();
  await dialect.introspector.server(db);
  await dialect.introspector.tables(db, ["A", "B"]);
  await dialect.introspector.objects(db, ["A", "B"]);
  await dialect.introspector.tableLocks(db, ["A_S", "B_S"]);
  const named: Record<string, unknown> = { COMMENTS: "sync-tool journal a b", positions_left: null };
  const something = new Proxy(named, {
    get: (known, column) => (column in known ? known[String(column)] : "A_S"),
  });
  const journals = createRecorder(something);
  await dialect.introspector.objects(journals.db, ["A_S"]);
  statements.push(...journals.statements);
  await dialect.horizon.confirm(db, "A_S", [{ first: 1n, last: 2n }], 3n);
  await dialect.horizon.describe(db, ["1:2.3.4", "55:6"], "A_S");
  await dialect.horizon.openTransactions(db);
  await dialect.horizon.drawn?.(db, ["A_S", "B_S"]);
  await dialect.savepoint(db, () => Promise.resolve());
  await dialect.savepoint(db, () => Promise.reject(new Error("refused"))).catch(() => undefined);
  const session = { ...db, release: () => Promise.resolve() };
  const database = { ...session, session: () => Promise.resolve(session) };
  const locks = await dialect.openLocks(database as never);
  for (const name of ["home/GROUP", "home/OTHER"]) await locks.take(name).catch(() => undefined);
  await locks.held(["home/GROUP", "home/OTHER"]);
  await locks.give("home/GROUP");
  await dialect.horizon.observe(database as never, "A_S");
  return statements;
}
