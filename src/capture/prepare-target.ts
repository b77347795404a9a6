import { forgetLetters } from "../apply/dead-letter.ts";
import {
  type Checkpoint,
  type JournalStart,
  readCheckpoint,
  startCheckpoint,
} from "../checkpoint/checkpoint.ts";
import type { Dialect, ObjectRef } from "../contract/dialect.ts";
import { deadLettersName } from "../contract/object-names.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { journalReplaced } from "../journal/journal-replaced.ts";
import { forgetJournal, stateTable } from "../state/state.ts";
import { findLeftovers, type Leftovers, removeLeftovers } from "./leftovers.ts";
import type { Patience } from "./retry-while-busy.ts";

export interface TargetPrepared {
  /** Tables that were made now. */
  readonly created: readonly ObjectRef[];
  /** Copies, carried along by the dump, that were removed now. */
  readonly removed: Leftovers["objects"];
  /** Checkpoints that were begun now, at position 0. */
  readonly started: readonly string[];
}

export interface PrepareTargetOptions extends Patience {
  /** Begin again at position 0 where the checkpoint belongs to another journal. */
  readonly acceptNewJournal?: boolean;
  /** The target is the source of the other direction: what it captures itself stays. Default: false, that is refused. */
  readonly capturesItself?: boolean;
  /** Whether a journal of the right identity no longer holds what the checkpoint says; asked when a new one is accepted. */
  readonly isReplaced?: (table: TablePlan, checkpoint: Checkpoint) => Promise<boolean>;
}

/** Several runs may begin on a target that nobody has prepared: each time one of them loses a race, another has won it. */
const MAX_LOOKS = 5;

/**
 * Puts the target right, before or after the restore: removes what the dump carried along, makes the tables of checkpoints,
 * dead letters and state, begins checkpoints that are not there. Idempotent; what fails because somebody else does the
 * same at this moment is there at the next look.
 */
export async function prepareTarget(
  db: Database,
  dialect: Dialect,
  tables: readonly TablePlan[],
  journals: ReadonlyMap<string, JournalStart>,
  options: PrepareTargetOptions = {},
): Promise<TargetPrepared> {
  for (let looks = 1; ; looks++) {
    try {
      return await putRight(db, dialect, tables, journals, options);
    } catch (error) {
      const isOurs = error instanceof SyncError && error.code !== "PLAN_IMPOSSIBLE";
      if (isOurs || looks >= MAX_LOOKS) throw error;
    }
  }
}

async function putRight(
  db: Database,
  dialect: Dialect,
  tables: readonly TablePlan[],
  journals: ReadonlyMap<string, JournalStart>,
  options: PrepareTargetOptions,
): Promise<TargetPrepared> {
  await refuseDuringRestore(db, dialect);
  const leftovers = await findLeftovers(db, dialect, tables, journals, options.capturesItself);
  await removeLeftovers(db, dialect, leftovers, options);
  const created: ObjectRef[] = [];
  const started: string[] = [];
  const letters = { dialect, name: deadLettersName(tables[0]?.target.name ?? "") };
  const state = stateTable(dialect, tables);
  const steps = [
    ...tables.map((table) => dialect.ddl.checkpoint(table.targetNames.checkpoint)),
    dialect.ddl.deadLetters(letters.name),
    dialect.ddl.state(state.name),
  ];
  const present = await dialect.introspector.objects(
    db,
    steps.map((step) => step.object.name),
  );
  for (const step of steps) {
    if (present.some((object) => object.name.toUpperCase() === step.object.name.toUpperCase())) continue;
    for (const sql of step.sql) await db.execute(sql);
    created.push(step.object);
  }
  for (const table of tables) {
    const journal = journals.get(table.name);
    if (journal === undefined) continue;
    const name = table.targetNames.checkpoint;
    const checkpoint = await readCheckpoint(db, dialect, name);
    const isOther = checkpoint !== undefined && checkpoint.journalId !== journal.id;
    const isEmptied =
      checkpoint !== undefined &&
      options.acceptNewJournal === true &&
      (await options.isReplaced?.(table, checkpoint)) === true;
    if (isOther || isEmptied) {
      if (options.acceptNewJournal !== true)
        throw journalReplaced(table.name, checkpoint.position, { otherJournal: true });
    }
    if (checkpoint === undefined || isOther || isEmptied) {
      await db.transaction(async (tx) => {
        if (checkpoint !== undefined) await tx.execute(`DELETE FROM ${dialect.sql.quote(name)}`);
        // First of all: whoever loses the race for this row must not forget what the winner has set aside since.
        await startCheckpoint(tx, dialect, name, journal);
        // Their positions are another journal's, or will be met again.
        await forgetLetters(tx, letters, table.name);
        await forgetJournal(tx, state, table.name);
      });
      started.push(table.name);
    }
  }
  return { created, removed: leftovers.objects, started };
}

/** Copies that are removed under a restore are missing to it: its triggers fail, and what it makes later stays. */
async function refuseDuringRestore(db: Database, dialect: Dialect): Promise<void> {
  const found = await dialect.introspector.restoring?.(db);
  if (found === undefined) return;
  throw new SyncError("RESTORE_UNDER_WAY", {
    what: `The target is still being restored: ${found} is at work there`,
    next: "Wait until the restore has ended without an error, then give the command again; the target was left as it is",
  });
}

/** Source and target must be two databases: what a run writes would be captured and synced again. */
export async function refuseSameDatabase(
  source: { readonly db: Database; readonly dialect: Dialect },
  target: { readonly db: Database; readonly dialect: Dialect },
): Promise<void> {
  const [from, to] = [
    await source.dialect.introspector.server(source.db),
    await target.dialect.introspector.server(target.db),
  ];
  const problems = [...from.problems.map((p) => `source: ${p}`), ...to.problems.map((p) => `target: ${p}`)];
  if (problems.length > 0) {
    throw new SyncError("DATABASE_UNSUPPORTED", {
      what: problems.join("\n"),
      next: "Correct the datasource as it says; ddl/README.md lists the servers that are supported",
    });
  }
  if (source.dialect.name !== target.dialect.name || from.identity !== to.identity) return;
  throw new SyncError("SAME_DATABASE", {
    what: "Source and target are one and the same database",
    next: "Name two different databases in identitySchema",
  });
}
