import { applyChanges } from "../apply/applier.ts";
import { asRefusal } from "../apply/as-refusal.ts";
import { keyDigest, removeCopyLetters } from "../apply/dead-letter.ts";
import { spareChildren } from "../apply/spare-children.ts";
import { lockLanes } from "../checkpoint/checkpoint.ts";
import type { Dialect } from "../contract/dialect.ts";
import { deadLettersName } from "../contract/object-names.ts";
import type { Database } from "../db/database.ts";
import { keyOf } from "../journal/net.ts";
import { inAttempts } from "../run/in-attempts.ts";
import type { ComparisonOptions } from "./comparison-options.ts";
import type { Difference } from "./difference.ts";
import type { TableComparison } from "./table-comparison.ts";

export interface RepairOptions extends ComparisonOptions {
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly comparison: TableComparison;
  readonly deleteExtra: boolean;
  readonly signal: AbortSignal;
}

/** What became of a difference; `reason` says in our words why it was not mended. */
export interface RepairOutcome {
  readonly difference: Difference;
  readonly repaired: boolean;
  readonly reason?: string;
}

const BATCH = 100;

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
    const { table, target, signal } = options;
    const what = `${table.name} could not be repaired`;
    await inAttempts({ dialect: target.dialect, table: table.name, what, signal }, () =>
      write(options, todo),
    );
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

function whyNot(
  { deleteExtra, comparison, signal }: RepairOptions,
  difference: Difference,
): string | undefined {
  const { kind, reason } = difference;
  if (kind === "untransformable" || kind === "unfindable") return reason ?? "the row cannot be transformed";
  if (signal.aborted) return "the command was stopped";
  if (kind !== "extra") return undefined;
  return deleteExtra ? comparison.doubt : "it is deleted only with --delete-extra";
}

async function write(options: RepairOptions, todo: readonly Difference[]): Promise<void> {
  const { table, source, target, rows, comparison, isCaptured } = options;
  await target.db.transaction(async (tx) => {
    if (isCaptured) await lockLanes(tx, target.dialect, table.targetNames.checkpoint);
    // What is written is what the source holds now, not when the difference was found.
    const changes = await comparison.readChanges(todo);
    const rowFor = await rows.prepare(changes);
    await applyChanges(tx, target.dialect, table, changes, rowFor, rows);
    if (isCaptured) {
      const letters = { dialect: target.dialect, name: deadLettersName(table.target.name) };
      const digests = changes.map((change) => keyDigest(keyOf(table.key, change)));
      await removeCopyLetters(tx, letters, table.name, digests);
    }
    const extra = todo.filter(({ kind }) => kind === "extra");
    const { still } = await comparison.lookAgain(extra);
    const keys = still.filter(({ kind }) => kind === "extra").map(({ key }) => key);
    if (keys.length === 0) return;
    await spareChildren(source, { dialect: target.dialect, tx }, table.takesAlong, keys);
    await target.dialect.deleteRows(tx, table, keys, false);
  });
}
