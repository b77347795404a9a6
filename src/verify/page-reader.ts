import type { Key } from "../journal/change.ts";
import type { Direction } from "./progress-state.ts";
import type { RangeDigests } from "./range-digests.ts";
import type { Page, TableComparison } from "./table-comparison.ts";

/** Rows whose digests are asked for at once, at first and at the least; a hot table's ranges rarely agree. */
const FIRST_RANGE = 2_000;
const MAX_RANGE = 8_000;

/**
 * Reads one side page by page, at most `maxRows` at a time; ranges whose digests agree on both sides count as a page
 * without differences.
 */
export function createPageReader(
  comparison: TableComparison,
  direction: Direction,
  digests: RangeDigests | undefined,
  rowsPerPage: number,
  maxRows = Number.POSITIVE_INFINITY,
): (after: Key | undefined) => Promise<Page> {
  const read = direction === "source" ? comparison.sourcePage : comparison.targetPage;
  const pageSize = Math.min(rowsPerPage, maxRows);
  if (digests === undefined) return (after) => read(after, pageSize);
  let range = Math.min(FIRST_RANGE, maxRows);
  /** Rows of a range that did not agree, still to be read one by one. */
  let unequal = 0;
  return async (after) => {
    if (unequal === 0) {
      const { rows, next, isEqual } = await digests.compare(after, range);
      if (isEqual || rows === 0) {
        range = Math.min(MAX_RANGE, maxRows, range * 2);
        return { rows, next, differences: [] };
      }
      unequal = rows;
      range = Math.max(pageSize, Math.floor(range / 2));
    }
    const page = await read(after, Math.min(pageSize, unequal));
    unequal -= Math.min(unequal, page.rows);
    return page;
  };
}
