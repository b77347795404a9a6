import type { Side } from "../contract/side.ts";
import type { ClassifiedError } from "../db/classified-error.ts";
/** Carries out what decide-refused.ts decides about one change that the target refused. */

import { type Change, type Key, leavesRow, type Position } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { keyOf, sourceKeyOf } from "../journal/net.ts";
import type { Row } from "../row.ts";
import { applyChanges, type RowFor, type WriteRules } from "./applier.ts";
import { asRefusal } from "./as-refusal.ts";
import { type ConflictPolicy, canBeRetired, findHolders, newerToken, retired } from "./conflict.ts";
import {
  type Act,
  decideRefused,
  type Findings,
  type Question,
  type RefusedChange,
} from "./decide-refused.ts";
import { deleteChildren } from "./delete-children.ts";
import { judgeParents } from "./missing-parents.ts";
import { writeSplitRows } from "./split-rows.ts";

/** What the replay of refused changes needs to know about its table. */
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
  /** Whether the journal holds a change of this row, by the source's key, that is not applied and comes later. */
  readonly hasLaterChange: (after: Position, key: Key) => Promise<boolean>;
  /** Whether a row of this table or of another one is set aside. */
  readonly isSetAside: (tx: Queryable, table: string, key: Key) => Promise<boolean>;
  /** Whether a parent that has not arrived may still come. */
  readonly mayStillCome: (change: Change) => Promise<boolean>;
  readonly onSetAside: (change: Change, refusal: ClassifiedError) => void;
  /** The policy gives a change up. */
  readonly onDropped: (change: Change) => void;
  /** A change that has to wait for its parent. True: so does everything behind it. */
  readonly onWaiting: (change: Change) => boolean;
}

/** Deals with a change that was refused when it was applied alone. False when everything behind it has to wait. */
export async function settleRefused(
  tx: Queryable,
  context: ReplayContext,
  change: Change,
  refusal: ClassifiedError,
): Promise<boolean> {
  const about = describe(context, change, refusal);
  const ask = askAbout(tx, context, change);
  let found: Findings = {};
  for (;;) {
    const decision = decideRefused(about, found);
    if ("ask" in decision) found = { ...found, ...(await ask(decision.ask)) };
    else return await carryOut(tx, context, change, refusal, decision.act);
  }
}

function describe(
  { table, conflictPolicy, onUniqueConflict }: ReplayContext,
  change: Change,
  { class: kind }: ClassifiedError,
): RefusedChange {
  const other = change.action === "DELETE" ? "delete" : "respelled";
  return {
    refusal: kind === "parent" || kind === "unique" ? kind : "row",
    change: leavesRow(change) ? "write" : other,
    keyIsKnown: change.keyFailure === undefined,
    hasChildren: table.children.length > 0,
    policy: conflictPolicy,
    canBeRetired: canBeRetired(table),
    hasOtherRow: onUniqueConflict !== undefined,
  };
}

/** Gives what answers a question; what one answer has found out serves the next. */
function askAbout(
  tx: Queryable,
  context: ReplayContext,
  change: Change,
): (question: Question) => Promise<Findings> {
  const { source, dialect, table, rowFor } = context;
  const parents = once(() => judgeParents(source, { dialect, tx }, table, rowFor(change)));
  const holders = once(() => findHolders(tx, dialect, table, rowFor(change)));
  return async (question) => {
    switch (question) {
      case "isOutdated":
        return {
          isOutdated: await context.hasLaterChange(change.position, sourceKeyOf(table.key, change)),
        };
      case "parent":
        return { parent: (await parents()).verdict };
      case "parentMayCome":
        return { parentMayCome: await context.mayStillCome(change) };
      case "parentIsSetAside": {
        const { link, key } = await parents();
        return {
          parentIsSetAside:
            link !== undefined && (await context.isSetAside(tx, link.parent.toUpperCase(), key)),
        };
      }
      case "holder": {
        const found = await holders();
        for (const holder of found)
          if (await isUnderWay(tx, context, change, holder)) return { holder: "under way" };
        return { holder: found.length === 0 ? "nobody" : "green" };
      }
      case "newer": {
        const [holder = {}] = await holders();
        return { newer: newerToken(source, { dialect }, table, rowFor(change), holder) };
      }
    }
  };
}

/** A lane may lag behind, and a change that was refused may have been passed for a later one of its row. */
async function isUnderWay(
  tx: Queryable,
  { table, hasLaterChange, isSetAside }: ReplayContext,
  { position }: Change,
  holder: Row,
): Promise<boolean> {
  // Its key does not tell the source's.
  if (table.isRekeyed) return false;
  const key = table.key.map(({ name }) => holder[name] ?? null);
  return (await hasLaterChange(position, key)) || (await isSetAside(tx, table.name, key));
}

async function carryOut(
  tx: Queryable,
  context: ReplayContext,
  change: Change,
  refusal: ClassifiedError,
  act: Act,
): Promise<boolean> {
  switch (act) {
    case "pass":
      return true;
    case "wait":
      return !context.onWaiting(change);
    case "drop":
      context.onDropped(change);
      return true;
    case "set aside":
      context.onSetAside(change, refusal);
      return true;
    default: {
      const isDone = await attempt(tx, context, () => write(tx, context, change, act));
      if (!isDone) context.onSetAside(change, refusal);
      return true;
    }
  }
}

type WritingAct = Exclude<Act, "pass" | "wait" | "drop" | "set aside">;

async function write(tx: Queryable, context: ReplayContext, change: Change, act: WritingAct): Promise<void> {
  const { dialect, table, rowFor, keepOnUpdate, onUniqueConflict } = context;
  const writeRow = (row: Row): Promise<void> => dialect.writeRows(tx, table, [row], keepOnUpdate);
  if (act === "delete with children") {
    const key = keyOf(table.key, change);
    await context.beforeDelete?.(tx, [key]);
    await deleteChildren(tx, dialect, table, [key]);
    return await applyChanges(tx, dialect, table, [change], rowFor, context);
  }
  const row = rowFor(change);
  if (act === "write other row") {
    await writeRow(onUniqueConflict?.(row) ?? row);
    await context.refuseOvertaken?.(tx, [change]);
    context.onMadeUp?.();
    return;
  }
  if (act === "write retired") {
    await writeRow(retired(row));
  } else {
    const [holder] = await findHolders(tx, dialect, table, row);
    if (holder !== undefined) {
      await writeRow(retired(holder));
      // A token of a user whom the target serves is not retired for a late one.
      await context.refuseOvertaken?.(tx, [{ ...change, row: holder }]);
    }
    await writeRow(row);
  }
  await writeSplitRows(tx, dialect, table, [change]);
  await context.refuseOvertaken?.(tx, [change]);
}

/** False, with nothing done, when the target refuses that too. */
async function attempt(
  tx: Queryable,
  { dialect }: ReplayContext,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await dialect.savepoint(tx, work);
    return true;
  } catch (error) {
    if (asRefusal(dialect, error) === undefined) throw error;
    return false;
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
