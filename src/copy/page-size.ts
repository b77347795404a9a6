import { FIRST_LIMIT } from "../verify/page-size.ts";

/** A run that waits for a page is to notice little of it. */
const HELD_MS = 25;
/** So many pages without a sign of a run that applies, and there is nobody to be held up. */
const CALM_PAGES = 8;

/** How many rows a page may have, so that it keeps a run that has something to do from its checkpoint only for a moment. */
export interface PageSize {
  readonly rows: number;
  /** So many rows kept it for so long; `hasMoved`: a run has applied changes since the page was read. */
  readonly note: (rows: number, ms: number, hasMoved: boolean) => void;
}

/** Not below the size of the first page: each costs some round trips, whatever it holds. */
export function createPageSize(atMost: number): PageSize {
  const atLeast = Math.min(FIRST_LIMIT, atMost);
  let rows = atMost;
  let calm = CALM_PAGES;
  return {
    get rows() {
      return rows;
    },
    note(count, ms, hasMoved) {
      calm = hasMoved ? 0 : calm + 1;
      // Of a few rows it is the round trips that took the time.
      if (count < atLeast) return;
      const fitting = calm >= CALM_PAGES ? atMost : Math.floor((count * HELD_MS) / Math.max(1, ms));
      // One look may be odd: half of the way to what it says.
      rows = Math.max(atLeast, Math.min(atMost, Math.ceil((rows + fitting) / 2)));
    },
  };
}
