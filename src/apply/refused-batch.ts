import type { Change } from "../contract/change.ts";
import type { Queryable } from "../db/database.ts";
import type { Row } from "../row.ts";
import { applyChanges } from "./applier.ts";
import { asRefusal } from "./as-refusal.ts";
import { withoutOrphans } from "./missing-parents.ts";
import { type ReplayContext, settleRefused } from "./refused-change.ts";

/**
 * Applies a batch that was refused as a whole: halves it inside savepoints down to the changes that cannot be applied,
 * so that the others are written, in order, none of them twice. Halves are netted on their own, which takes the steps
 * of a swap of unique keys one by one, as the source did. Returns how many changes, from the front, are dealt with:
 * fewer than all when everything behind one has to wait for its parent.
 */
export async function applyRefused(
  tx: Queryable,
  context: ReplayContext,
  changes: readonly Change[],
): Promise<number> {
  const { dialect, table } = context;
  try {
    await dialect.savepoint(tx, () => applyChanges(tx, dialect, table, changes, context.rowFor, context));
    return changes.length;
  } catch (error) {
    const refusal = asRefusal(dialect, error);
    if (refusal === undefined) throw error;
    const [only] = changes;
    if (changes.length === 1 && only !== undefined)
      return (await settleRefused(tx, context, only, refusal)) ? 1 : 0;
    if (refusal.class === "parent") {
      const kept = await withoutDeletedParents(tx, context, changes);
      if (kept.length < changes.length) {
        const next = kept[await applyRefused(tx, context, kept)];
        return next === undefined ? changes.length : changes.indexOf(next);
      }
    }
    const half = Math.ceil(changes.length / 2);
    const first = await applyRefused(tx, context, changes.slice(0, half));
    if (first < half) return first;
    return half + (await applyRefused(tx, context, changes.slice(half)));
  }
}

/** Rows whose parent was deleted since can be many, when a clean-up follows the logins: they are found all at once. */
async function withoutDeletedParents(
  tx: Queryable,
  { source, dialect, table, rowFor }: ReplayContext,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  const rowIfAny = (change: Change): Row | undefined => {
    try {
      return rowFor(change);
    } catch (error) {
      if (asRefusal(dialect, error) === undefined) throw error;
      return undefined;
    }
  };
  return await withoutOrphans(source, { dialect, db: tx }, table, changes, rowIfAny);
}
