import { applyChanges } from "../apply/applier.ts";
import { asRefusal } from "../apply/refused-batch.ts";
import { spareChildren } from "../apply/spare-children.ts";
import { moveCheckpoint, readLanes } from "../checkpoint/checkpoint.ts";
import type { Database, Queryable } from "../db/database.ts";
import { classifyAtOrigin } from "../db/origin.ts";
import type { Dialect } from "../dialect/dialect.ts";
import { isPassing } from "../dialect/is-passing.ts";
import { SyncError } from "../errors.ts";
import { driverFailure } from "../run/driver-failure.ts";
import type { ComparisonOptions, Difference, TableComparison } from "./table-comparison.ts";

export interface RepairOptions extends ComparisonOptions {
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly comparison: TableComparison;
  readonly deleteExtra: boolean;
}

/** What became of a difference; `reason` says in our words why it was not mended. */
export interface RepairOutcome {
  readonly difference: Difference;
  readonly repaired: boolean;
  readonly reason?: string;
}

const BATCH = 100;
const MAX_ATTEMPTS = 10;

/**
 * Writes missing and different rows again, by the way that changes take. While it does, the table's checkpoint is
 * locked and the source is read: a runner waits, and whatever it applies next is not older than what is written here.
 * Extra rows are deleted only when that is asked for and the source still lacks them.
 */
export async function repairDifferences(
  options: RepairOptions,
  differences: readonly Difference[],
): Promise<readonly RepairOutcome[]> {
  const outcomes: RepairOutcome[] = [];
  for (let i = 0; i < differences.length; i += BATCH)
    outcomes.push(...(await repairBatch(options, differences.slice(i, i + BATCH))));
  return outcomes;
}

async function repairBatch(
  options: RepairOptions,
  batch: readonly Difference[],
): Promise<readonly RepairOutcome[]> {
  const hopeless = batch.flatMap((difference) => {
    const reason = whyNot(options, difference);
    return reason === undefined ? [] : [{ difference, repaired: false, reason }];
  });
  const todo = batch.filter((difference) => whyNot(options, difference) === undefined);
  if (todo.length === 0) return hopeless;
  try {
    await patiently(options, () => write(options, todo));
    return [...hopeless, ...todo.map((difference) => ({ difference, repaired: true }))];
  } catch (error) {
    const refusal = asRefusal(options.target.dialect, error);
    if (refusal === undefined) throw error;
    const [only] = todo;
    if (only === undefined || todo.length > 1) {
      // One of them is refused: each gets a transaction of its own.
      const alone: RepairOutcome[] = [];
      for (const difference of todo) alone.push(...(await repairBatch(options, [difference])));
      return [...hopeless, ...alone];
    }
    return [...hopeless, { difference: only, repaired: false, reason: refusal.reason }];
  }
}

function whyNot({ deleteExtra, comparison }: RepairOptions, difference: Difference): string | undefined {
  if (difference.kind === "untransformable") return difference.reason ?? "the row cannot be transformed";
  if (difference.kind !== "extra") return undefined;
  return deleteExtra ? comparison.doubt : "it is deleted only with --delete-extra";
}

async function write(options: RepairOptions, todo: readonly Difference[]): Promise<void> {
  const { table, source, target, rows, comparison, isCaptured } = options;
  await target.db.transaction(async (tx) => {
    if (isCaptured) await holdCheckpoint(options, tx);
    // What is written is what the source holds now, not when the difference was found.
    const changes = await comparison.readChanges(todo);
    const rowFor = await rows.prepare(changes);
    await applyChanges(tx, target.dialect, table, changes, rowFor, rows);
    const extra = todo.filter(({ kind }) => kind === "extra");
    const gone = (await comparison.compareAgain(extra)).filter(({ kind }) => kind === "extra");
    if (gone.length === 0) return;
    const keys = gone.map(({ key }) => key);
    await spareChildren(source, { dialect: target.dialect, tx }, table.takesAlong, keys);
    await target.dialect.deleteRows(tx, table, keys, false);
  });
}

/** Moves the checkpoint of each lane to where it is: their rows are locked until the commit. */
async function holdCheckpoint({ table, target }: RepairOptions, tx: Queryable): Promise<void> {
  const name = table.targetNames.checkpoint;
  for (const lane of await readLanes(tx, target.dialect, name))
    await moveCheckpoint(tx, target.dialect, name, lane, lane);
}

/** A runner at work moves the checkpoint, or holds a lock: then the same again. */
async function patiently({ target, table }: RepairOptions, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (asRefusal(target.dialect, error) !== undefined) throw error;
      const moved = error instanceof SyncError && error.code === "CHECKPOINT_MOVED";
      const passing =
        !(error instanceof SyncError) && isPassing(classifyAtOrigin(error, target.dialect).class);
      if ((!moved && !passing) || attempt >= MAX_ATTEMPTS)
        throw driverFailure(target.dialect, error, `${table.name} could not be repaired`, table.name);
    }
  }
}
