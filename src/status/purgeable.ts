import { type Checkpoint, readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Position } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { allPassed, parsePassed } from "../journal/passed-holes.ts";
import { readEntry, stateTable } from "../state/state.ts";
import { firstDeadLetters } from "./count-dead-letters.ts";

/** How far a table's journal may be purged, and the checkpoint that says so. */
export interface Purgeable {
  readonly checkpoint: Checkpoint;
  readonly upTo: Position;
}

/**
 * Finds up to where nothing of a table's journal is needed any more; undefined for a table that was not begun. `tables`
 * are all of its schema, whose dead letters and state are kept together.
 */
export async function findPurgeable(
  target: { readonly dialect: Dialect; readonly db: Queryable },
  tables: readonly TablePlan[],
  table: TablePlan,
): Promise<Purgeable | undefined> {
  const checkpoint = await readCheckpoint(target.db, target.dialect, table.targetNames.checkpoint);
  if (checkpoint === undefined) return undefined;
  // The row of a dead letter is in the journal alone. Read last: a runner may be setting changes aside, and whatever it
  // has set aside up to the checkpoint is there by now.
  const letters = await firstDeadLetters(target, tables);
  const kept = await readEntry(target.db, stateTable(target.dialect, tables), `passed/${table.name}`);
  const passed = allPassed(parsePassed(kept));
  return {
    checkpoint,
    upTo: purgeableTo(checkpoint.position, [letters.get(table.name), passed[0]?.first]),
  };
}

/** Up to the checkpoint, but not as far as the first position that is still needed. */
export function purgeableTo(applied: Position, needed: readonly (Position | undefined)[]): Position {
  return needed.reduce<Position>(
    (upTo, position) => (position !== undefined && position <= upTo ? position - 1n : upTo),
    applied,
  );
}
