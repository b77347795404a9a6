import type { CopyPlace } from "../state/copy-place.ts";
import type { ReadPage } from "./read-page.ts";
import type { PageOutcome } from "./write-page.ts";

/** Which pages of a table are written, while several are under way: one of them can be through before those that it follows. */
export interface PageLedger {
  /** After the last page that is written and has none before it that is not. */
  readonly place: CopyPlace;
  /** Pages are to be added in the order in which they were read. */
  add(page: ReadPage): void;
  /** The place as it is once this page is committed too; undefined while one before it is not: nothing is to be kept then. */
  placeWith(page: ReadPage, outcome: PageOutcome): CopyPlace | undefined;
  /** The page is committed. */
  settle(page: ReadPage, outcome: PageOutcome): void;
}

export function createPageLedger(
  start: CopyPlace,
  /** The key of a rekeyed table is a token: that is kept nowhere. */
  { total, keepsKey }: { readonly total: number | undefined; readonly keepsKey: boolean },
): PageLedger {
  let place: CopyPlace = { ...start, ...(total === undefined ? {} : { total }) };
  const open: ReadPage[] = [];
  const outcomes = new Map<ReadPage, PageOutcome>();

  const after = (from: CopyPlace, page: ReadPage, { written, refused }: PageOutcome): CopyPlace => ({
    ...(page.last === undefined || !keepsKey ? {} : { after: page.last }),
    ...(total === undefined ? {} : { total }),
    rows: from.rows + page.count,
    written: from.written + written,
    refused: from.refused + refused,
    isDone: page.isLast,
  });

  return {
    get place() {
      return place;
    },
    add: (page) => void open.push(page),
    placeWith(page, outcome) {
      if (open[0] !== page) return undefined;
      let reached = after(place, page, outcome);
      for (const next of open.slice(1)) {
        const made = outcomes.get(next);
        if (made === undefined) break;
        reached = after(reached, next, made);
      }
      return reached;
    },
    settle(page, outcome) {
      outcomes.set(page, outcome);
      for (let [first] = open; first !== undefined; [first] = open) {
        const made = outcomes.get(first);
        if (made === undefined) break;
        place = after(place, first, made);
        outcomes.delete(first);
        open.shift();
      }
    },
  };
}
