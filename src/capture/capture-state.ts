import type { DdlStep, Dialect, FoundObject, ObjectRef, TableLock } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Queryable } from "../db/database.ts";
import { NO_END } from "../journal/horizon.ts";

/** What is installed on the source for one table, held against what the plan wants. */
export interface CaptureState {
  readonly table: TablePlan;
  /** Identity of the journal; undefined when there is no journal, or one that sync-tool did not make. */
  readonly journalId?: string;
  readonly journalHome?: string;
  /** Wanted and not there. */
  readonly missing: readonly ObjectRef[];
  /** There, but not what the plan wants: each with a sentence. */
  readonly drifted: readonly Drift[];
  /** What the catalogue tells of each of our triggers and functions that is there, see FoundObject.stamp; by upper-case name. */
  readonly stamps: ReadonlyMap<string, string>;
  /** Columns of the table that its journal lacks. */
  readonly journalLacks: readonly Column[];
  /** Columns whose type in the journal is another one than in the table, as the table has them. */
  readonly journalNarrow: readonly Column[];
  /** The journal does not note when a change was captured: one of an older release, which `prepare` brings up to date. */
  readonly journalLacksTime: boolean;
  /** The journal holds no row, not even the one that it began with: somebody emptied it. */
  readonly isEmptied: boolean;
  /** Tables, triggers and functions that sync-tool did not make, under the names that it needs. */
  readonly foreign: readonly ObjectRef[];
  /** Somebody holds the journal, so that writes of users wait: no drift, for it passes. */
  readonly lock?: TableLock;
}

/** Something that is not what the plan wants. */
export interface Drift {
  readonly object: ObjectRef;
  readonly reason: string;
  /** What somebody did to it: writes of users fail, or go unnoticed; see FoundObject.faults. */
  readonly isFault?: true;
  /** Made by an older release: it captures every change all the same. */
  readonly isOlder?: true;
}

/** Every name that a table's capture uses, triggers on other tables included. */
export function captureNames(steps: readonly DdlStep[]): readonly string[] {
  return [...new Set(steps.map((step) => step.object.name))];
}

/** Looks up what is installed for these tables, in one go. */
export async function readCaptureState(
  db: Queryable,
  dialect: Dialect,
  tables: readonly TablePlan[],
): Promise<readonly CaptureState[]> {
  const wanted = tables.map((table) => ({ table, steps: dialect.ddl.capture(table) }));
  const found = await dialect.introspector.objects(
    db,
    wanted.flatMap(({ steps }) => captureNames(steps)),
  );
  const journals = found.filter(({ kind }) => kind === "journal").map(({ name }) => name);
  const locks = await dialect.introspector.tableLocks(db, journals);
  return await Promise.all(
    wanted.map(async ({ table, steps }) => {
      const journal = find(found, { kind: "journal", name: table.names.journal });
      const lock = locks.get(journal?.name ?? "");
      const isReadable = journal?.timesCapture === true && lock?.isUnreadable !== true;
      const isEmptied = isReadable && (await isEmpty(db, dialect, journal.name));
      return {
        ...compare(dialect, table, steps, found, isEmptied),
        ...(lock === undefined ? {} : { lock }),
      };
    }),
  );
}

/** False where it cannot be read: a missing privilege is told elsewhere. */
async function isEmpty(db: Queryable, dialect: Dialect, journal: string): Promise<boolean> {
  const statement = dialect.sql.highestAtOrBelow(journal, NO_END);
  try {
    const [row] = await db.query(statement.sql, statement.params);
    return row !== undefined && row["position"] == null;
  } catch (error) {
    if (/^(auth|schema)$/.test(dialect.classifyError(error).class)) return false;
    throw error;
  }
}

function compare(
  dialect: Dialect,
  table: TablePlan,
  steps: readonly DdlStep[],
  found: readonly FoundObject[],
  isEmptied: boolean,
): CaptureState {
  const missing: ObjectRef[] = [];
  const drifted: Drift[] = [];
  const stamps = new Map<string, string>();
  const foreign: ObjectRef[] = [];
  const journalNarrow: Column[] = [];
  const journal = find(found, { kind: "journal", name: table.names.journal });
  for (const step of steps) {
    const there = find(found, step.object);
    if (there === undefined) missing.push(step.object);
    else if (isForeign(dialect, there)) foreign.push(there);
    else if (there.enabled === false)
      drifted.push({ object: step.object, reason: `trigger ${step.object.name} is disabled` });
    else if (there.body !== undefined && !dialect.ddl.isCurrent(step, there.body)) {
      const { kind, name } = step.object;
      const isOlder = dialect.ddl.isOlderShape(there.body);
      drifted.push({
        object: step.object,
        reason: isOlder
          ? `${kind} ${name} was made by an older release`
          : `${kind} ${name} is not the one that the table's present columns need`,
        ...(isOlder ? { isOlder } : {}),
      });
    }
    if (there !== undefined && !isForeign(dialect, there) && step.object.kind !== "journal")
      for (const reason of there.faults ?? []) drifted.push({ object: step.object, reason, isFault: true });
    if (there?.stamp !== undefined) stamps.set(`${there.kind} ${there.name}`.toUpperCase(), there.stamp);
  }
  const has = new Map(
    [...(journal?.columns ?? new Map<string, string>())].map(([name, type]) => [name.toUpperCase(), type]),
  );
  if (journal !== undefined && journal.journalId === undefined && !looksLikeJournal(has))
    foreign.push(journal);
  const columns = table.source.columns.filter((column) => !column.generated);
  const journalLacks =
    journal === undefined ? [] : columns.filter((column) => !has.has(column.name.toUpperCase()));
  for (const column of columns) {
    const type = has.get(column.name.toUpperCase());
    if (type !== undefined && type !== column.type) {
      journalNarrow.push(column);
      drifted.push({
        object: { kind: "journal", name: table.names.journal },
        reason: `column ${column.name} is ${column.type} in the table and ${type} in its journal`,
      });
    }
  }
  const journalLacksTime = journal !== undefined && looksLikeJournal(has) && journal.timesCapture === false;
  if (journalLacksTime) {
    drifted.push({
      object: { kind: "journal", name: table.names.journal },
      reason: "the journal does not note when a change is captured, for an older release made it",
      isOlder: true,
    });
  }
  for (const reason of journal?.faults ?? [])
    drifted.push({ object: { kind: "journal", name: table.names.journal }, reason, isFault: true });
  if (isEmptied) {
    drifted.push({
      object: { kind: "journal", name: table.names.journal },
      reason: "the journal was emptied: it lacks even the row that it began with",
    });
  }
  for (const column of journalLacks) {
    drifted.push({
      object: { kind: "journal", name: table.names.journal },
      reason: `the journal lacks column ${column.name}`,
    });
  }
  return {
    table,
    missing,
    drifted,
    journalLacks,
    journalNarrow,
    journalLacksTime,
    isEmptied,
    foreign,
    stamps,
    ...(journal?.journalId === undefined ? {} : { journalId: journal.journalId }),
    ...(journal?.journalHome === undefined ? {} : { journalHome: journal.journalHome }),
  };
}

/** A trigger or function under one of our names without our mark: the application's, or WSO2's Java client's. */
export function isForeign(dialect: Dialect, { kind, body }: FoundObject): boolean {
  return (kind === "trigger" || kind === "function") && body !== undefined && !dialect.ddl.isOurs(body);
}

/** A journal whose identity was not written yet (a failure in between) still has the columns of one. */
function looksLikeJournal(columns: ReadonlyMap<string, string>): boolean {
  return columns.has("SYNC_ID") && columns.has("ACTION");
}

function find(found: readonly FoundObject[], object: ObjectRef): FoundObject | undefined {
  return found.find(
    (candidate) =>
      candidate.kind === object.kind &&
      candidate.name.toUpperCase() === object.name.toUpperCase() &&
      (object.table === undefined || candidate.table?.toUpperCase() === object.table.toUpperCase()),
  );
}

/** What of a table's capture is not as wanted, though it is there; a line each, without the table's name. */
export function deviations({ drifted, foreign }: CaptureState): readonly string[] {
  return [
    ...drifted.map(({ reason }) => reason),
    ...foreign.map(({ kind, name }) => `${kind} ${name} is not one that sync-tool made`),
  ];
}

/** Every change is captured; triggers may be those of an older release. */
export function isWhole(state: CaptureState): boolean {
  const isRight = state.drifted.every(({ isOlder }) => isOlder === true);
  return state.missing.length === 0 && isRight && state.foreign.length === 0 && state.journalId !== undefined;
}

/** What a lock on the journal does, a phrase; none without one. */
export function journalLock({ lock }: CaptureState): readonly string[] {
  if (lock === undefined) return [];
  const by = lock.holders.map(({ holder, user }) => (user === undefined ? holder : `${holder} (${user})`));
  return [`the journal is locked by ${by.join(", ")}: writes of users wait for it`];
}

/** Capture is complete and as wanted. */
export function isComplete(state: CaptureState): boolean {
  return (
    state.missing.length === 0 &&
    state.drifted.length === 0 &&
    state.foreign.length === 0 &&
    state.journalId !== undefined
  );
}

/**
 * What a DBA runs on the source where journals hold less than their tables do. `prepare` does not: changing a column's type
 * can take long, and the application's writes would wait for it.
 */
export function widenJournals(dialect: Dialect, states: readonly CaptureState[]): readonly string[] {
  return states.flatMap(({ table, journalNarrow }) =>
    journalNarrow.map((column) => dialect.ddl.alterJournalColumn(table.names.journal, column)),
  );
}

/** How to go about it, with the statements below. */
export const WIDEN_FIRST =
  "Have a DBA give the journal's column the type that it has in the table, at once: until then a write of a value that only the table can hold fails. Then run `sync-tool prepare`";
