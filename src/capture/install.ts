import type { Database, Session } from "../db/database.ts";
import type { DdlStep, Dialect, ObjectRef } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import { failpoint } from "../util/failpoint.ts";
import { sleep } from "../util/sleep.ts";
import { type CaptureState, isComplete, readCaptureState } from "./capture-state.ts";

/** How long a busy table is tried again before giving up, and the pause that lets its writers through in between. */
const PATIENCE_MS = 300_000;
const PAUSE_MS = 500;

export interface Installed {
  readonly created: readonly ObjectRef[];
  readonly replaced: readonly ObjectRef[];
  /** Journal identities by table name. */
  readonly journals: ReadonlyMap<string, string>;
}

export interface InstallOptions {
  readonly signal?: AbortSignal;
  readonly patienceMs?: number;
  /** Told each time a lock was not to be had in time. */
  readonly onBusy?: (object: ObjectRef, attempt: number) => void;
}

/**
 * Brings capture on the source to what the plan wants. Idempotent: what is there and right is left alone, a journal is
 * never dropped, and a run that was killed half-way is completed by the next one.
 */
export async function installCapture(
  db: Database,
  dialect: Dialect,
  tables: readonly TablePlan[],
  options: InstallOptions = {},
): Promise<Installed> {
  const before = await readCaptureState(db, dialect, tables);
  refuseForeignJournals(before);
  const todo = before.filter((state) => !isComplete(state));
  if (todo.length > 0) {
    const session = await db.session();
    try {
      for (const sql of dialect.ddl.session()) await session.execute(sql);
      if (dialect.capabilities.transactionalDdl) await installAtOnce(session, dialect, todo, options);
      else await installStepByStep(session, dialect, todo, options);
    } finally {
      await session.release();
    }
  }
  const after = await readCaptureState(db, dialect, tables);
  return {
    created: before.flatMap((state) => state.missing),
    replaced: before.flatMap((state) => state.drifted.map(({ object }) => object)),
    journals: new Map(
      after.flatMap((state) =>
        state.journalId === undefined ? [] : [[state.table.name, state.journalId] as const],
      ),
    ),
  };
}

/** All tables in one transaction, their locks taken first and together. */
async function installAtOnce(
  session: Session,
  dialect: Dialect,
  todo: readonly CaptureState[],
  options: InstallOptions,
): Promise<void> {
  const first = todo[0]?.table.source.name ?? "";
  await patiently({ kind: "trigger", name: first, table: first }, dialect, options, async () => {
    await session.execute("BEGIN");
    try {
      for (const sql of dialect.ddl.lockTables(todo.map((state) => state.table.source.name)))
        await session.execute(sql);
      for (const state of todo) {
        for (const sql of stepsFor(dialect, state).flatMap((step) => step.sql)) {
          await session.execute(sql);
          failpoint("install");
        }
      }
      await session.execute("COMMIT");
    } catch (error) {
      await session.execute("ROLLBACK").catch(() => undefined);
      throw error;
    }
  });
}

/** Where DDL commits by itself, each step is taken alone and only if it is still needed. */
async function installStepByStep(
  session: Session,
  dialect: Dialect,
  todo: readonly CaptureState[],
  options: InstallOptions,
): Promise<void> {
  for (const state of todo) {
    const isMissing = (object: ObjectRef): boolean => state.missing.some((other) => same(other, object));
    const isDrifted = (object: ObjectRef): boolean =>
      state.drifted.some((other) => same(other.object, object));
    for (const step of stepsFor(dialect, state)) {
      const replace = step.object.kind === "trigger" && isDrifted(step.object);
      if (step.object.kind === "trigger" && !isMissing(step.object) && !replace) continue;
      const statements = replace
        ? dialect.ddl.replaceTrigger(step.object.table ?? "", [...dialect.ddl.drop(step.object), ...step.sql])
        : step.sql;
      await patiently(step.object, dialect, options, async () => {
        try {
          for (const sql of statements) {
            await session.execute(sql);
            failpoint("install");
          }
        } catch (error) {
          if (replace) await session.execute("UNLOCK TABLES").catch(() => undefined);
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
  const columns = state.journalLacks.map((column) => ({
    object: journal,
    sql: [dialect.ddl.addJournalColumn(journal.name, column)],
  }));
  const split = steps.findLastIndex((step) => step.object.kind === "journal") + 1;
  return [...steps.slice(0, split), ...columns, ...steps.slice(split)];
}

async function patiently(
  object: ObjectRef,
  dialect: Dialect,
  options: InstallOptions,
  work: () => Promise<void>,
): Promise<void> {
  const deadline = Date.now() + (options.patienceMs ?? PATIENCE_MS);
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const found = dialect.classifyError(error);
      if (found.lockTimeout !== true && found.class !== "transient")
        throw ddlFailed(object, found.reason, found.code, found.class, error);
      if (Date.now() > deadline || options.signal?.aborted === true) {
        throw new SyncError("LOCK_TIMEOUT", {
          what: `${object.table ?? object.name} stayed locked by other transactions for ${attempt} attempts`,
          next: "Run prepare again at a quieter time, or find the long transaction that holds the table; nothing was lost",
          cause: error,
        });
      }
      options.onBusy?.(object, attempt);
      await sleep(PAUSE_MS + Math.random() * PAUSE_MS, options.signal);
    }
  }
}

function ddlFailed(
  object: ObjectRef,
  reason: string,
  code: string,
  errorClass: string,
  cause: unknown,
): SyncError {
  const isGrant = errorClass === "auth";
  return new SyncError(isGrant ? "GRANT_MISSING" : "PLAN_IMPOSSIBLE", {
    what: `${object.kind} ${object.name} could not be made: ${reason} (${code})`,
    next:
      code === "1419"
        ? "Set GLOBAL log_bin_trust_function_creators = 1, or prepare as a user with SUPER, or give your DBA the scripts of `prepare --generate-ddl`"
        : isGrant
          ? "Grant what is missing, or give your DBA the scripts of `prepare --generate-ddl`"
          : "Look at the table and its journal; run prepare again when the cause is gone",
    cause,
  });
}

function refuseForeignJournals(states: readonly CaptureState[]): void {
  const foreign = states.filter((state) => state.foreignJournal);
  if (foreign.length === 0) return;
  throw new SyncError("CAPTURE_DRIFT", {
    what: `Tables that sync-tool did not make stand where journals belong: ${foreign.map((s) => s.table.names.journal).join(", ")}`,
    next: "Rename or drop them after a look at what they hold",
  });
}

const same = (a: ObjectRef, b: ObjectRef): boolean => a.kind === b.kind && a.name === b.name;
