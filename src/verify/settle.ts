import type { Key, Position } from "../contract/change.ts";
import { highestPosition } from "../journal/highest.ts";
import type { AppliedPosition } from "./applied-position.ts";
import type { ComparisonOptions } from "./comparison-options.ts";
import { type Difference, differenceKey } from "./difference.ts";
import { pendingKeys } from "./pending-keys.ts";
import type { TableComparison } from "./table-comparison.ts";
import { type ShownRow, vanishedRows } from "./vanished-rows.ts";
import { createWaitingList, type WaitingPage } from "./waiting-list.ts";

export interface SettleOptions extends ComparisonOptions {
  readonly comparison: TableComparison;
  readonly applied: AppliedPosition;
  /** How long a checkpoint that does not move is waited for, at the end. */
  readonly patienceMs: number;
  /** Rows of a page, at most. */
  readonly pageSize: number;
  /** Nothing is decided before the end. */
  readonly isDeferred?: boolean;
  readonly signal: AbortSignal;
  /** All is read, and so many rows wait for changes that are on their way to them. */
  readonly onWait?: (rows: number) => void;
  /** Differences that are no matter of time; there may be none. */
  readonly onConfirmed: (differences: readonly Difference[]) => Promise<void>;
  /** Differences of rows that changes are on their way to, and nothing brings them. */
  readonly onPending: (differences: readonly Difference[]) => void;
}

/**
 * Tells real differences from rows in flight. A difference is looked at again once the checkpoint has passed the
 * journal's highest position as of the look that found it; it is real when the journal then holds no later change of
 * its key. What has to wait longer than the reading of its table is kept for the end.
 */
export interface Settler {
  /** Takes what a page showed; decides at once what can be decided without waiting. */
  take(page: Pick<WaitingPage, "start" | "from">, differences: readonly Difference[]): Promise<void>;
  /** Decides all the rest, waiting as long as it takes. */
  finish(): Promise<void>;
  close(): Promise<void>;
  /** Differences that nothing is decided about yet. */
  readonly waiting: number;
  /** Where the pages began that showed them; undefined when they are too many to be named. */
  readonly pages: readonly (Key | undefined)[] | undefined;
}

const KEYS_PER_LOOK = 500;
/** A row that is changed without end is given up after so many looks. */
const MAX_LOOKS = 30;

const textOf = (difference: Difference): string => `${difference.side} ${differenceKey(difference)}`;

export function createSettler(options: SettleOptions): Settler {
  const { source, table, rows, comparison, isCaptured, patienceMs, signal } = options;
  let list = createWaitingList();

  const highest = (): Promise<Position> => highestPosition(source, table.names.journal);
  const applied = options.applied.read;

  /** Gives what still waits. The checkpoint is read first, the sides next, the journal last: no change can slip between. */
  async function look(pages: readonly WaitingPage[]): Promise<readonly WaitingPage[]> {
    const from = await applied();
    // Pages of one table in two orders, or read again, may show a row twice.
    const shown = new Map<string, ShownRow>();
    for (const page of pages) {
      for (const difference of page.differences) {
        const text = textOf(difference);
        if (!shown.has(text)) shown.set(text, [difference, page]);
      }
    }
    const all = [...shown.values()];
    const still: Difference[] = [];
    const vanished: ShownRow[] = [];
    for (let i = 0; i < all.length; i += KEYS_PER_LOOK) {
      const some = all.slice(i, i + KEYS_PER_LOOK);
      const again = await comparison.lookAgain(some.map(([difference]) => difference));
      const gone = new Set(again.vanished);
      still.push(...again.still);
      vanished.push(...some.filter(([difference]) => gone.has(difference)));
    }
    if (vanished.length > 0) {
      const judged = await vanishedRows(options, vanished);
      await options.onConfirmed(judged.unfindable);
      still.push(...judged.still);
    }
    const isPending = isCaptured ? await pendingKeys(source, table, rows, from, still) : () => false;
    await options.onConfirmed(still.filter((difference) => !isPending(difference)));
    const left = still.filter(isPending);
    if (left.length === 0) return [];
    const bound = await highest();
    const again = new Map<WaitingPage | undefined, Difference[]>();
    for (const difference of left) {
      // What was extra may be missing by now: then it is kept under another side's key, which no page showed.
      const page = shown.get(textOf(difference))?.[1];
      const together = again.get(page) ?? [];
      again.set(page, together);
      together.push(difference);
    }
    return [...again].map(([page, differences]) => ({ start: page?.start, from, bound, differences }));
  }

  /** Looks at all that waits, once. */
  async function lookAtAll(): Promise<void> {
    const before = list;
    list = createWaitingList();
    try {
      for await (const pages of before.drain()) {
        const left = signal.aborted ? pages : await look(pages);
        for (const page of left) await list.add(page);
      }
    } finally {
      await before.close();
    }
  }

  return {
    async take({ start, from }, differences) {
      if (differences.length > 0)
        await list.add({ start, from, bound: isCaptured ? await highest() : 0n, differences });
      if (list.size === 0 || options.isDeferred === true) return;
      const ready = list.take(await applied());
      if (ready.length === 0) return;
      for (const page of await look(ready)) await list.add(page);
    },
    async finish() {
      for (let looks = 0; list.size > 0; looks++) {
        options.onWait?.(list.size);
        const arrived = await options.applied.reach(list.bound, patienceMs, signal);
        if (signal.aborted) return;
        await lookAtAll();
        if (signal.aborted) return;
        if (arrived && looks < MAX_LOOKS) continue;
        for await (const pages of list.drain()) options.onPending(pages.flatMap((page) => page.differences));
      }
    },
    async close() {
      await list.close();
    },
    get waiting() {
      return list.size;
    },
    get pages() {
      return list.starts;
    },
  };
}
