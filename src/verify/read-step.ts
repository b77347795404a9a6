import type { Key, Position } from "../contract/change.ts";
import type { Difference, Direction } from "./difference.ts";
import type { Cursor, PageStart } from "./progress-state.ts";

/** Rows of each side. */
export interface RowsRead {
  readonly source: number;
  readonly target: number;
}

/** Differences that a page showed. */
export interface FoundPage {
  readonly side: Direction;
  /** The key after which the page began. */
  readonly start: Key | undefined;
  /** What was applied before it was read. */
  readonly from: Position;
  readonly differences: readonly Difference[];
}

/** A place from where another process could read on. */
export interface SafePlace {
  readonly cursor: Cursor;
  /** Rows up to it. */
  readonly read: RowsRead;
  /** Pages before it with rows that have not met their counterparts. */
  readonly again: readonly PageStart[];
}

/** A part of the reading of a table. */
export interface ReadStep {
  /** Rows that this reading has come to; some may be taken back, to be read once more. */
  readonly read: RowsRead;
  readonly found: readonly FoundPage[];
  /** Keys of rows of the source that the target is not to have. */
  readonly leftOut: readonly Key[];
  readonly safe?: SafePlace;
  /** The last one. */
  readonly isDone: boolean;
}

/** Groups differences by the pages that showed them. */
export function pagesOf(
  differences: readonly {
    readonly page: Omit<FoundPage, "side" | "differences">;
    readonly difference: Difference;
  }[],
): readonly FoundPage[] {
  const pages = new Map<unknown, { page: Omit<FoundPage, "side" | "differences">; all: Difference[] }>();
  for (const { page, difference } of differences) {
    const known = pages.get(page);
    if (known === undefined) pages.set(page, { page, all: [difference] });
    else known.all.push(difference);
  }
  return [...pages.values()].map(({ page: { start, from }, all }) => ({
    side: all[0]?.side ?? "source",
    start,
    from,
    differences: all,
  }));
}
