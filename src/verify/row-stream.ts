import type { Key, Position } from "../contract/change.ts";
import type { Row } from "../row.ts";
import type { AppliedPosition } from "./applied-position.ts";
import { keyIn, type RowSet, readRange } from "./read-rows.ts";

export interface StreamPage {
  /** The key after which it began; undefined at the beginning of the table. */
  readonly start: Key | undefined;
  /** What was applied before it was read. */
  readonly from: Position;
  readonly rows: readonly Row[];
}

/** One side's rows in its own order of the key, page by page; the next page is on its way while one is dealt with. */
export interface RowStream {
  /** The next page; empty when there are no more rows. */
  next(): Promise<StreamPage>;
  /** The last page was given. */
  readonly isAtEnd: boolean;
  /** Goes on after this key, and forgets what is on its way. */
  restart(after: Key | undefined): Promise<void>;
  /** To be awaited before the connections are closed. */
  settled(): Promise<void>;
}

export function createRowStream(
  set: RowSet,
  limit: number,
  after: Key | undefined,
  applied: AppliedPosition,
): RowStream {
  let place = after;
  let isAtEnd = false;
  let ahead: Promise<StreamPage> | undefined;

  const read = async (start: Key | undefined): Promise<StreamPage> => {
    const from = applied.known;
    return { start, from, rows: await readRange(set, start, limit) };
  };

  async function settled(): Promise<void> {
    await ahead?.catch(() => undefined);
  }

  return {
    async next() {
      if (isAtEnd) return { start: place, from: applied.known, rows: [] };
      const page = await (ahead ?? read(place));
      ahead = undefined;
      const last = page.rows.at(-1);
      if (last === undefined || page.rows.length < limit) {
        isAtEnd = true;
        return page;
      }
      place = keyIn(set, last);
      ahead = read(place);
      // It may fail before anybody asks for it.
      ahead.catch(() => undefined);
      return page;
    },
    get isAtEnd() {
      return isAtEnd;
    },
    async restart(key) {
      await settled();
      ahead = undefined;
      place = key;
      isAtEnd = false;
    },
    settled,
  };
}
