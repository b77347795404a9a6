import type { Queryable } from "../db/database.ts";
import { originOf } from "../db/origin.ts";
import type { ClassifiedError, Dialect } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";
import { type Change, type Key, leavesRow } from "../journal/change.ts";
import { keyOf, sourceKeyOf } from "../journal/net.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { Row } from "../row.ts";
import { applyChanges, type RowFor, type WriteRules } from "./applier.ts";
import { type ConflictPolicy, resolveConflict } from "./conflict.ts";
import { deleteChildren } from "./delete-children.ts";
import { hasLaterChange, judgeParents, withoutOrphans } from "./missing-parents.ts";
import { ChildrenLeft } from "./spare-children.ts";
import { writeSplitRows } from "./split-rows.ts";

/** What the replay of a refused batch needs to know about its table. */
export interface ReplayContext extends WriteRules {
  readonly source: Side;
  readonly dialect: Dialect;
  readonly table: TablePlan;
  /** Gives the transformed row; throws SyncError TRANSFORM_FAILED. */
  readonly rowFor: RowFor;
  /** The row to insert instead when a unique key refuses the transformed one. */
  readonly onUniqueConflict?: ((row: Row) => Row) | undefined;
  /** Called for each row that was written so, before the transaction ends. */
  readonly onMadeUp?: () => void;
  readonly conflictPolicy: ConflictPolicy;
  /** Whether a parent's row is itself set aside. */
  readonly isSetAside: (tx: Queryable, parent: string, key: Key) => Promise<boolean>;
  /** A change that no way was found for. Returns when it was set aside, throws to stop. */
  readonly onRefused: (tx: Queryable, change: Change, error: ClassifiedError) => Promise<void>;
  /** Whether a parent that has not arrived may still come: then the change, and all behind it, have to wait. */
  readonly mayStillCome: (change: Change) => Promise<boolean>;
}

/**
 * Applies a batch that was refused as a whole: halves it inside savepoints down to the changes that cannot be applied,
 * so that the others are written, in order, none of them twice. Halves are netted on their own, which takes the steps
 * of a swap of unique keys one by one, as the source did. Returns how many changes, from the front, are dealt with:
 * fewer than all when one has to wait for its parent.
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
    if (changes.length === 1 && only !== undefined) return await applyAlone(tx, context, only, refusal);
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

/** A refusal of the row itself; undefined for anything that the whole batch has to be tried again for. */
export function asRefusal(dialect: Dialect, error: unknown): ClassifiedError | undefined {
  if (error instanceof ChildrenLeft) return { class: "row", code: error.code, reason: error.reason };
  if (error instanceof SyncError) {
    return error.code === "TRANSFORM_FAILED"
      ? { class: "row", code: error.code, reason: error.message }
      : undefined;
  }
  // A look at the source inside the target's transaction may fail too: that is no matter of the row.
  const origin = originOf(error);
  if (origin?.side === "source") return undefined;
  const found = (origin?.dialect ?? dialect).classifyError(error);
  return found.class === "row" || found.class === "parent" || found.class === "unique" ? found : undefined;
}

async function applyAlone(
  tx: Queryable,
  context: ReplayContext,
  change: Change,
  refusal: ClassifiedError,
): Promise<number> {
  const { source, table } = context;
  // A dump is newer than the journal's first changes: replayed, an old image can collide with what came after it.
  if (await hasLaterChange(source, table, change, sourceKeyOf(table.key, change))) {
    // The row stays, and an INSERT that follows must not take it for green's own.
    if (!leavesRow(change) && context.keepsExisting !== undefined)
      await context.onRefused(tx, change, refusal);
    return 1;
  }
  if (!leavesRow(change)) {
    // The children of a row that was respelled have it still.
    if (change.action === "DELETE" && (await deletesWithChildren(tx, context, change))) return 1;
    await context.onRefused(tx, change, refusal);
    return 1;
  }
  if (refusal.class === "parent" && (await passesWithoutParent(tx, context, change))) return 1;
  if (refusal.class === "parent" && (await context.mayStillCome(change))) return 0;
  if (refusal.class === "unique" && (await findsAnotherWay(tx, context, change))) return 1;
  await context.onRefused(tx, change, refusal);
  return 1;
}

/**
 * A row that others refer to on the target. On the source none did when it was deleted: their own deletions stand in
 * journals that come later, or they are claims that only the target has. They go first.
 */
async function deletesWithChildren(tx: Queryable, context: ReplayContext, change: Change): Promise<boolean> {
  const { dialect, table } = context;
  if (table.children.length === 0 || change.keyFailure !== undefined) return false;
  try {
    await dialect.savepoint(tx, async () => {
      const key = keyOf(table.key, change);
      await context.beforeDelete?.(tx, [key]);
      await deleteChildren(tx, dialect, table, [key]);
      await applyChanges(tx, dialect, table, [change], context.rowFor, context);
    });
    return true;
  } catch (error) {
    if (asRefusal(dialect, error) === undefined) throw error;
    return false;
  }
}

/** A row whose parent is gone on the source too was deleted since; one whose parent a policy dropped goes with it. */
async function passesWithoutParent(tx: Queryable, context: ReplayContext, change: Change): Promise<boolean> {
  const { source, dialect, table } = context;
  const { verdict, link, key } = await judgeParents(source, { dialect, tx }, table, context.rowFor(change));
  if (verdict === "gone") return true;
  if (verdict !== "kept out" || context.conflictPolicy !== "keep-target" || link === undefined) return false;
  if (await context.mayStillCome(change)) return false;
  return !(await context.isSetAside(tx, link.parent.toUpperCase(), key));
}

/** What the transformation or the policy knows to do about a unique key that another row holds. */
async function findsAnotherWay(tx: Queryable, context: ReplayContext, change: Change): Promise<boolean> {
  const { dialect, table, onUniqueConflict } = context;
  const write = (row: Row): Promise<void> => dialect.writeRows(tx, table, [row], context.keepOnUpdate);
  const row = context.rowFor(change);
  try {
    return await dialect.savepoint(tx, async () => {
      if (onUniqueConflict !== undefined) {
        await write(onUniqueConflict(row));
        context.onMadeUp?.();
        return true;
      }
      const outcome = await resolveConflict(tx, dialect, table, row, context.conflictPolicy, {
        write,
        isUnderWay: (holder) => isUnderWay(tx, context, change, holder),
      });
      if (outcome === "written") await writeSplitRows(tx, dialect, table, [change]);
      return outcome !== "unresolved";
    });
  } catch (error) {
    if (asRefusal(dialect, error) === undefined) throw error;
    return false;
  }
}

/** A lane may lag behind, and a change that was refused may have been passed for a later one of its row. */
async function isUnderWay(
  tx: Queryable,
  { source, table, isSetAside }: ReplayContext,
  change: Change,
  row: Row,
): Promise<boolean> {
  // Its key does not tell the source's.
  if (table.isRekeyed) return false;
  const key = table.key.map(({ name }) => row[name] ?? null);
  return (await hasLaterChange(source, table, change, key)) || (await isSetAside(tx, table.name, key));
}
