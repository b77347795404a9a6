import type { AppliedPosition } from "./applied-position.ts";
import type { Direction } from "./difference.ts";
import type { Cursor } from "./progress-state.ts";
import type { ReadStep } from "./read-step.ts";
import type { TableComparison } from "./table-comparison.ts";

export interface ReadSideOptions {
  readonly comparison: TableComparison;
  readonly direction: Direction;
  readonly applied: AppliedPosition;
  readonly cursor: Cursor;
  /** Rows of a page. */
  readonly limit: number;
}

/** Reads one side in its order and asks the other for each page's keys: the way of rekeyed tables, whose keys differ. */
export async function* readSide(options: ReadSideOptions): AsyncGenerator<ReadStep> {
  const { comparison, direction, applied, limit } = options;
  const page = direction === "source" ? comparison.sourcePage : comparison.targetPage;
  let count = 0;
  for (let start = options.cursor[direction]; ; ) {
    await applied.refresh();
    const from = applied.known;
    const { rows, next, differences, leftOut } = await page(start, limit);
    count += rows;
    const read = { source: 0, target: 0, [direction]: count };
    const isDone = next === undefined;
    const cursor = isDone ? {} : { [direction]: next };
    yield {
      read,
      found: differences.length === 0 ? [] : [{ side: direction, start, from, differences }],
      leftOut,
      safe: { cursor, read, again: [] },
      isDone,
    };
    if (isDone) return;
    start = next;
  }
}
