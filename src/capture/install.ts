import type { JournalStart } from "../checkpoint/checkpoint.ts";
import type { DdlStep, Dialect, ObjectRef } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database, Session } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { failpoint } from "../util/failpoint.ts";
import {
  type CaptureState,
  isComplete,
  readCaptureState,
  WIDEN_FIRST,
  widenJournals,
} from "./capture-state.ts";
import { readJournalStarts } from "./journal-starts.ts";
import { journalUpgrade } from "./journal-upgrade.ts";
import { type Patience, retryWhileBusy } from "./retry-while-busy.ts";

export interface Installed {
  readonly created: readonly ObjectRef[];
  readonly replaced: readonly ObjectRef[];
  /** By table name. */
  readonly journals: ReadonlyMap<string, JournalStart>;
}

/**
 * Brings capture on the source to what the plan wants. Idempotent: what is there and right is left alone, a journal is
 * never dropped, and a run that was killed half-way is completed by the next one.
 */
export async function installCapture(
  db: Database,
  dialect: Dialect,
  tables: readonly TablePlan[],
  options: Patience = {},
): Promise<Installed> {
  const before = await readCaptureState(db, dialect, tables);
  refuseForeign(before);
  const todo = before.filter((state) => !isComplete(state));
  if (todo.length > 0) {
    const session = await db.session();
    try {
      for (const sql of dialect.ddl.session()) await session.execute(sql);
      if (dialect.capabilities.transactionalDdl) await installByTable(session, dialect, todo, options);
      else await installStepByStep(session, dialect, todo, options);
    } finally {
      await session.release();
    }
  }
  const after = await readCaptureState(db, dialect, tables);
  refuseSpoiltJournals(dialect, after);
  return {
    created: before.flatMap((state) => state.missing),
    replaced: before.flatMap((state) => state.drifted.map(({ object }) => object)),
    journals: await readJournalStarts(db, dialect, after),
  };
}

/**
 * Each table in a transaction of its own. A transaction that waited for a second table while it held a first one could
 * deadlock with an application's, and the server might end the application's.
 */
async function installByTable(
  session: Session,
  dialect: Dialect,
  todo: readonly CaptureState[],
  options: Patience,
): Promise<void> {
  for (const [i, state] of todo.entries()) {
    const table = state.table.source.name;
    options.onStep?.({ name: table, number: i + 1, of: todo.length });
    await retryWhileBusy(
      "prepare",
      { kind: "trigger", name: table, table },
      { dialect, session },
      options,
      async () => {
        await session.execute("BEGIN");
        try {
          for (const sql of dialect.ddl.lockTable(table)) await session.execute(sql);
          for (const sql of stepsFor(dialect, state).flatMap((step) => step.sql)) {
            await session.execute(sql);
            failpoint("install");
          }
          await session.execute("COMMIT");
        } catch (error) {
          await session.execute("ROLLBACK").catch(() => undefined);
          throw error;
        }
      },
    );
  }
}

/** Where DDL commits by itself, each step is taken alone and only if it is still needed. */
async function installStepByStep(
  session: Session,
  dialect: Dialect,
  todo: readonly CaptureState[],
  options: Patience,
): Promise<void> {
  for (const [i, state] of todo.entries()) {
    options.onStep?.({ name: state.table.source.name, number: i + 1, of: todo.length });
    const isMissing = (object: ObjectRef): boolean => state.missing.some((other) => same(other, object));
    const isDrifted = (object: ObjectRef): boolean =>
      state.drifted.some((other) => same(other.object, object));
    for (const step of stepsFor(dialect, state)) {
      const replace = step.object.kind === "trigger" && isDrifted(step.object);
      if (step.object.kind === "trigger" && !isMissing(step.object) && !replace) continue;
      const statements = replace
        ? dialect.ddl.replaceTrigger(step.object.table ?? "", [...dialect.ddl.drop(step.object), ...step.sql])
        : step.sql;
      await retryWhileBusy("prepare", step.object, { dialect, session }, options, async () => {
        try {
          for (const sql of statements) {
            await session.execute(sql);
            failpoint("install");
          }
        } catch (error) {
          for (const sql of step.object.kind === "trigger" ? dialect.ddl.afterFailedTrigger : [])
            await session.execute(sql).catch(() => undefined);
          throw error;
        }
      });
    }
  }
}

/** The journal comes first, with the columns it lacks; triggers only when they can write to it. */
function stepsFor(dialect: Dialect, state: CaptureState): readonly DdlStep[] {
  const steps = dialect.ddl.capture(state.table);
  const journal: ObjectRef = { kind: "journal", name: state.table.names.journal };
  const upgrade = { object: journal, sql: journalUpgrade(dialect, state) };
  const split = steps.findLastIndex((step) => step.object.kind === "journal") + 1;
  return [...steps.slice(0, split), upgrade, ...steps.slice(split)];
}

function refuseForeign(states: readonly CaptureState[]): void {
  const foreign = states.flatMap((state) => state.foreign);
  if (foreign.length === 0) return;
  throw new SyncError("CAPTURE_DRIFT", {
    what: `Objects that sync-tool did not make have the names of its own: ${foreign.map(({ kind, name }) => `${kind === "journal" ? "table" : kind} ${name}`).join(", ")}`,
    next: "Rename or drop them after a look at what they do and hold, triggers first; WSO2's Java client makes such ones",
  });
}

/** What others did to a journal is theirs to undo, and to change a column's type can take long, with the writers waiting. */
function refuseSpoiltJournals(dialect: Dialect, states: readonly CaptureState[]): void {
  const reasons = states.flatMap(({ table, drifted }) =>
    drifted
      .filter(({ object }) => object.kind === "journal")
      .map(({ reason }) => `  - ${table.name}: ${reason}`),
  );
  if (reasons.length === 0) return;
  const spoilt = states.flatMap(({ drifted }) =>
    drifted.filter(({ object, isFault }) => object.kind === "journal" && isFault),
  );
  const widen = widenJournals(dialect, states).map((sql) => `${sql};`);
  throw new SyncError("CAPTURE_DRIFT", {
    what: `Journals are not what the tables need now, and prepare does not mend that:\n${reasons.join("\n")}`,
    next:
      spoilt.length > 0
        ? [UNDO_FIRST, ...widen].join("\n  ")
        : [`${WIDEN_FIRST} again`, ...widen].join("\n  "),
  });
}

const UNDO_FIRST =
  "Undo what was done to the journal (the table ending in _S) at once: until then writes of users can fail, or go unnoticed. Then run `sync-tool prepare` again";

const same = (a: ObjectRef, b: ObjectRef): boolean => a.kind === b.kind && a.name === b.name;
