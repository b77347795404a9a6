import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Change } from "../contract/change.ts";
import { alsoWritten, linksTo, type TablePlan } from "../contract/sync-plan.ts";
import { equalityClass } from "../journal/key-equality.ts";
import { keyOf } from "../journal/net.ts";
import { fnv1a } from "../util/fnv.ts";

/** What one lane has to write of a batch. */
export interface LanePart {
  readonly lane: number;
  readonly changes: readonly Change[];
}

/**
 * Gives the lane, of so many, that writes a change: keys that the target could take for equal always share one, so that
 * their order is kept.
 */
export function laneChooser(table: TablePlan, count: number): (change: Change) => number {
  const columns = table.key.map((column) => column.target);
  return (change) => fnv1a(equalityClass(columns, keyOf(table.key, change))) % count;
}

/** Spreads changes over lanes by key, without those that a lane has applied: a crash leaves lanes at different positions. */
export function spread(
  lanes: readonly Checkpoint[],
  table: TablePlan,
  changes: readonly Change[],
): readonly LanePart[] {
  const [only] = lanes;
  if (lanes.length === 1 && only !== undefined) return [{ lane: only.lane, changes }];
  const laneOf = laneChooser(table, lanes.length);
  const parts = lanes.map(({ lane, position }) => ({ lane, position, changes: [] as Change[] }));
  for (const change of changes) {
    const part = parts[laneOf(change)];
    if (part !== undefined && change.position > part.position) part.changes.push(change);
  }
  return parts;
}

/**
 * Whether a lane may be batches ahead of another. Not where a row comes with rows that another lane may write too, and
 * not in a table that refers to itself: a child would be written while its parent's deletion, from which it came back, is
 * still to be applied, and the target's cascade would take it along. A failure leaves lanes apart; the batches read after it
 * may end elsewhere, so that the parent's deletion and return are no longer in one. Nor in a rekeyed table: after a failure a row
 * may be given another key, hence another lane, which had passed its change as not its own.
 */
export function mayLead(table: TablePlan): boolean {
  if (table.isRekeyed) return false;
  return !writesOthers(table) && linksTo(table, table).length === 0;
}

/** Rows of other tables, or other rows of this one, come with a row. */
export function writesOthers(table: TablePlan): boolean {
  return alsoWritten(table).length > 0 || table.holdsClaims === true;
}
