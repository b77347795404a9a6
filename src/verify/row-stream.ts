import type { Key, Position } from "../contract/change.ts";
import type { Row } from "../row.ts";
import type { AppliedPosition } from "./applied-position.ts";
import { firstLimit, rowsThatFit } from "./page-size.ts";
import { keyIn, type RowSet, readRange } from "./read-rows.ts";

export interface StreamPage {
  /** The key after which it began; undefined at the beginning of the table. */
  readonly start: Key | undefined;
  /** What was applied before it was read. */
  readonly from: Position;
  readonly rows: readonly Row[];
}

/** One side's rows in its own order of the key, page by page; the next pages are on their way while one is dealt with. */
export interface RowStream {
  /** The next page; empty when there are no more rows. */
  next(): Promise<StreamPage>;
  /** The last page was given. */
  readonly isAtEnd: boolean;
  /** Rows that a page may have now: fewer where they are long. */
  readonly limit: number;
  /** To be awaited before the connections are closed. */
  settled(): Promise<void>;
}

interface ReadPage extends StreamPage {
  /** Where the next one begins; undefined after the last. */
  readonly next: Key | undefined;
}

/** Pages that are read, or being read, before they are asked for. */
const PAGES_AHEAD = 2;
/** What a page holds at most, in bytes of values: a row that is longer comes alone. */
const PAGE_BYTES = 400_000;

/** `most`: rows of a page at the most. Begins to read at once. */
export function createRowStream(
  set: RowSet,
  most: number,
  after: Key | undefined,
  applied: AppliedPosition,
): RowStream {
  let limit = firstLimit(set.columns, most);
  let isAtEnd = false;

  async function read(start: Key | undefined): Promise<ReadPage> {
    const [from, asked] = [applied.known, limit];
    const rows = await readRange(set, start, asked);
    const last = rows.at(-1);
    limit = rowsThatFit(rows, most, PAGE_BYTES);
    return {
      start,
      from,
      rows,
      next: last === undefined || rows.length < asked ? undefined : keyIn(set, last),
    };
  }

  /** Undefined behind the last page. */
  let newest: Promise<ReadPage | undefined> = read(after);
  newest.catch(() => undefined);
  const ahead = [newest];

  /** Each begins as soon as the one in front of it is there. */
  function readOn(): void {
    while (ahead.length < PAGES_AHEAD) {
      newest = newest.then((page) => (page?.next === undefined ? undefined : read(page.next)));
      // It may fail before anybody asks for it.
      newest.catch(() => undefined);
      ahead.push(newest);
    }
  }
  readOn();

  return {
    async next() {
      const page = await ahead.shift();
      readOn();
      isAtEnd = page?.next === undefined;
      return page ?? { start: undefined, from: applied.known, rows: [] };
    },
    get isAtEnd() {
      return isAtEnd;
    },
    get limit() {
      return limit;
    },
    async settled() {
      await newest.catch(() => undefined);
    },
  };
}
