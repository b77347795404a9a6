import type { ComparisonOptions } from "./comparison-options.ts";
import type { Difference } from "./difference.ts";
import { pendingKeys } from "./pending-keys.ts";
import type { TableComparison } from "./table-comparison.ts";
import type { WaitingPage } from "./waiting-list.ts";

export interface VanishedOptions extends ComparisonOptions {
  readonly comparison: TableComparison;
  readonly pageSize: number;
}

const REASON = "reading it by its key does not find it";

/** A difference, and the page that showed its row. */
export type ShownRow = readonly [Difference, WaitingPage];

export interface Judged {
  /** Still shown, and not found by key. */
  readonly unfindable: readonly Difference[];
  /** What there is to say of those that are found after all. */
  readonly still: readonly Difference[];
}

/**
 * Judges rows that one side showed, and that are no longer found there by their keys. They were deleted: the journal
 * tells, or the page that showed them shows them no more. If it does, reading by key does not work for them, so that no
 * look at such a row proves anything, nor would a repair. `vanished`: not empty.
 */
export async function vanishedRows(options: VanishedOptions, vanished: readonly ShownRow[]): Promise<Judged> {
  const unexplained = options.isCaptured ? await withoutChange(options, vanished) : vanished;
  const shown: Difference[] = [];
  for (const [page, differences] of byPage(unexplained)) {
    for (const side of ["source", "target"] as const) {
      const own = differences.filter((difference) => difference.side === side);
      if (own.length === 0) continue;
      const keys = own.map(({ key }) => key);
      const there = await options.comparison.shows(side, page.start, keys, options.pageSize);
      shown.push(...own.filter(({ key }) => there.has(key)));
    }
  }
  // Each alone: it may have been deleted and made again between the looks, and no other key is in its way.
  const unfindable: Difference[] = [];
  const still: Difference[] = [];
  for (const difference of shown) {
    const { key, side } = difference;
    const alone = await options.comparison.lookAgain([difference]);
    still.push(...alone.still);
    if (alone.vanished.length > 0)
      unfindable.push({ kind: "unfindable", side, key, columns: [], reason: REASON });
  }
  return { unfindable, still };
}

async function withoutChange(
  { source, table, rows }: VanishedOptions,
  vanished: readonly ShownRow[],
): Promise<readonly ShownRow[]> {
  const first = vanished.map(([, page]) => page).reduce((a, b) => (b.from < a.from ? b : a));
  const differences = vanished.map(([difference]) => difference);
  const isChanged = await pendingKeys(source, table, rows, first.from, differences);
  return vanished.filter(([difference]) => !isChanged(difference));
}

function byPage(rows: readonly ShownRow[]): ReadonlyMap<WaitingPage, readonly Difference[]> {
  const pages = new Map<WaitingPage, Difference[]>();
  for (const [difference, page] of rows) {
    const together = pages.get(page) ?? [];
    pages.set(page, together);
    together.push(difference);
  }
  return pages;
}
