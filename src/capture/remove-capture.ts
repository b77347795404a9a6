/** Takes the triggers off the source when the target has everything, and only then. */

import type { Position } from "../contract/change.ts";
import type { Dialect, ObjectRef } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database, Session } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { countLate } from "../journal/appeared.ts";
import { type Patience, retryWhileBusy } from "./retry-while-busy.ts";

export interface CaptureRemoval {
  readonly source: { readonly db: Database; readonly dialect: Dialect };
  /** As found: each with the table that it stands on. */
  readonly triggers: readonly ObjectRef[];
  /** How far each journal is applied, and what the target keeps of positions that were passed before that. */
  readonly journals: readonly {
    readonly table: TablePlan;
    readonly applied: Position;
    readonly passed: unknown;
  }[];
}

/**
 * Drops the triggers while nobody can write to their tables and no journal holds a change that is not applied. Throws
 * CHANGES_PENDING when one does, with every trigger in place; LOCK_TIMEOUT as `retryWhileBusy` does, likewise.
 */
export async function removeCapture(removal: CaptureRemoval, options: Patience = {}): Promise<void> {
  const { source, triggers } = removal;
  const { ddl } = source.dialect;
  const tables = [...new Set(triggers.flatMap(({ table }) => (table === undefined ? [] : [table])))];
  const [first] = triggers;
  if (first === undefined) return;
  const session = await source.db.session();
  const on = { dialect: source.dialect, session };
  const execute = async (statements: readonly string[]): Promise<void> => {
    for (const sql of statements) await session.execute(sql);
  };
  const awaitWriters = async (): Promise<void> => {
    for (const table of tables)
      await retryWhileBusy("cleanup", { ...first, table }, on, options, () =>
        execute(ddl.removal.awaitWriters(table)),
      );
  };
  const drop = async (): Promise<void> => {
    for (const trigger of triggers) await execute(ddl.drop(trigger));
  };
  const holdOff = ddl.removal.holdOff(
    tables,
    removal.journals.map(({ table }) => table.names.journal),
  );
  try {
    await execute(ddl.session());
    await awaitWriters();
    await retryWhileBusy("cleanup", first, on, options, async () => {
      try {
        await execute(holdOff);
        await refuseNewChanges(session, removal);
        await drop();
        await execute(ddl.removal.keep);
      } catch (error) {
        await execute(ddl.removal.undo).catch(() => undefined);
        throw error;
      }
    });
    if (holdOff.length > 0) return;
    try {
      await awaitWriters();
      await refuseNewChanges(session, removal);
    } catch (error) {
      await putBack(removal, execute);
      throw error;
    }
  } finally {
    await session.release();
  }
}

/** Looks at the journals on the connection that keeps writers off: what it does not see is not there. */
async function refuseNewChanges(session: Session, { source, journals }: CaptureRemoval): Promise<void> {
  const left: string[] = [];
  for (const { table, applied, passed } of journals) {
    const count = source.dialect.sql.countChanges(table.names.journal, applied, 1_000);
    const [row] = await session.query(count.sql, count.params);
    const on = { dialect: source.dialect, db: session };
    const changes = Number(row?.["n"] ?? 0) + (await countLate(on, table.names.journal, passed, applied));
    if (changes > 0) left.push(`  - ${table.name}: ${changes >= 1_000 ? "at least " : ""}${changes} changes`);
  }
  if (left.length === 0) return;
  throw new SyncError("CHANGES_PENDING", {
    what: `The source was written while cleanup waited for its tables; the target does not have everything:\n${left.join("\n")}`,
    next: "Capture is in place as it was: stop the writes on the source, let `sync-tool run --until-drained` apply them, then clean up again",
  });
}

/** Where DDL ends every lock, a write may have come in while the triggers fell one by one. */
async function putBack(
  { source, triggers, journals }: CaptureRemoval,
  execute: (statements: readonly string[]) => Promise<void>,
): Promise<void> {
  const steps = journals.flatMap(({ table }) => source.dialect.ddl.capture(table));
  for (const { object, sql } of steps)
    if (object.kind === "trigger" && triggers.some(({ name }) => name === object.name)) await execute(sql);
}
