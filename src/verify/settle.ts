import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Position } from "../journal/change.ts";
import { highestPosition } from "../journal/highest.ts";
import { monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import { pendingKeys } from "./pending-keys.ts";
import {
  type ComparisonOptions,
  type Difference,
  differenceKey,
  type TableComparison,
} from "./table-comparison.ts";

export interface SettleOptions extends ComparisonOptions {
  readonly comparison: TableComparison;
  /** How long a checkpoint that does not move is waited for. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** Differences that are no matter of time. */
  readonly onConfirmed: (differences: readonly Difference[]) => Promise<void>;
  /** Differences of rows that changes are on their way to, and nothing brings them. */
  readonly onPending: (differences: readonly Difference[]) => void;
}

/**
 * Tells real differences from rows in flight. A difference is looked at again once the checkpoint has passed the
 * journal's highest position as of the look that found it; it is real when the journal then holds no later change of
 * its key.
 */
export interface Settler {
  /** Takes what a page showed; decides at once what can be decided without waiting. */
  take(differences: readonly Difference[]): Promise<void>;
  /** Decides all the rest, waiting as long as it takes. */
  finish(): Promise<void>;
  /** Differences that nothing is decided about yet. */
  readonly waiting: number;
}

/** So many rows in flight are kept before they are waited for. */
const MAX_WAITING = 1_000;
const KEYS_PER_LOOK = 500;
const POLL_MS = 100;
/** A row that is changed without end is given up after so many looks. */
const MAX_LOOKS = 30;

export function createSettler(options: SettleOptions): Settler {
  const { source, target, table, rows, comparison, isCaptured, patienceMs, signal } = options;
  let pool: readonly Difference[] = [];
  let bound: Position = 0n;
  let stuckAt: Position | undefined;

  const highest = (): Promise<Position> => highestPosition(source, table.names.journal);
  const applied = async (): Promise<Position> =>
    (await readCheckpoint(target.db, target.dialect, table.targetNames.checkpoint))?.position ?? 0n;

  /** The checkpoint is read first, the sides next, the journal last: so no change can slip between. */
  async function look(): Promise<void> {
    const from = isCaptured ? await applied() : 0n;
    const still: Difference[] = [];
    for (let i = 0; i < pool.length; i += KEYS_PER_LOOK) {
      still.push(...(await comparison.compareAgain(pool.slice(i, i + KEYS_PER_LOOK))));
    }
    if (still.length === 0) {
      pool = [];
      return;
    }
    const isPending = isCaptured ? await pendingKeys(source, table, rows, from, still) : () => false;
    const confirmed = still.filter((difference) => !isPending(difference));
    pool = still.filter(isPending);
    if (pool.length > 0) bound = await highest();
    if (confirmed.length > 0) await options.onConfirmed(confirmed);
  }

  /** Waits until the checkpoint has passed the bound. False when it stands still, or when we are stopped. */
  async function passed(): Promise<boolean> {
    let position = await applied();
    let since = monotonic();
    while (position < bound) {
      if (signal.aborted || position === stuckAt) return false;
      if (monotonic() - since >= patienceMs) {
        stuckAt = position;
        return false;
      }
      await sleep(POLL_MS, signal);
      const now = await applied();
      if (now !== position) since = monotonic();
      position = now;
    }
    return true;
  }

  async function finish(): Promise<void> {
    for (let looks = 0; pool.length > 0; looks++) {
      const arrived = isCaptured ? await passed() : true;
      if (signal.aborted) return;
      await look();
      if (pool.length === 0) return;
      if (arrived && looks < MAX_LOOKS) continue;
      options.onPending(pool);
      pool = [];
    }
  }

  return {
    async take(differences) {
      if (differences.length === 0) return;
      const known = new Set(pool.map(differenceKey));
      pool = [...pool, ...differences.filter((difference) => !known.has(differenceKey(difference)))];
      if (isCaptured) bound = await highest();
      if (pool.length >= MAX_WAITING) await finish();
      else if (!isCaptured || (await applied()) >= bound) await look();
    },
    finish,
    get waiting() {
      return pool.length;
    },
  };
}
