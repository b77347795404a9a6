import type { Key } from "../contract/change.ts";
import { COPY_START, type CopyPlace, keepCopyPlace } from "../state/copy-place.ts";
import type { Pace } from "../throttle/pace.ts";
import { failpoint } from "../util/failpoint.ts";
import type { Expected } from "../verify/row-comparison.ts";
import { createRowComparison } from "../verify/row-comparison.ts";
import type { CopyOptions } from "./copy-options.ts";
import { copyOrphans } from "./copy-orphans.ts";
import { aboutRows } from "./copy-progress.ts";
import { type CopyPage, FIRST_LIMIT, readCopyPage } from "./read-page.ts";
import { type PageOutcome, writeCopyPage } from "./write-page.ts";

export interface CopyTableOptions extends CopyOptions {
  /** Where an earlier copy has come to. */
  readonly from: CopyPlace | undefined;
  readonly pace: Pace;
  readonly onPage: (place: CopyPlace) => void;
}

/** A page that `purge` runs into again and again. */
const MAX_READS = 10;

/**
 * Writes the rows of a table that the target lacks, in the source's order of the key. A page is read and transformed while
 * the one before is written. Gives the place that was come to: done, or where the signal ended it.
 */
export async function copyTable(options: CopyTableOptions): Promise<CopyPlace> {
  const { table, state, signal, source, target, rows } = options;
  const comparison = createRowComparison({ table, source, target, rows, isCaptured: true });
  const read = (after: Key | undefined, limit: number): Promise<CopyPage> => {
    const page = readCopyPage(options, comparison, after, limit);
    // It is awaited later; until then nobody hears its failure.
    page.catch(() => undefined);
    return page;
  };
  let place = options.from?.after === undefined || options.from.isDone ? COPY_START : options.from;
  const isWhole = place === COPY_START;
  const total = place.total ?? (await aboutRows(source, table));
  let at = place.after;
  let limit = Math.min(FIRST_LIMIT, options.pageSize);
  let reads = 0;
  const orphans: Expected[] = [];
  const onOrphan = (row: Expected): void => void orphans.push(row);
  for (let next = read(at, limit); !signal.aborted; ) {
    const page = await next;
    if (!page.isLast) next = read(page.last, page.nextLimit);
    const after = ({ written, refused }: PageOutcome): CopyPlace => ({
      // The key of a rekeyed table is a token: that is kept nowhere.
      ...(page.last === undefined || table.isRekeyed === true ? {} : { after: page.last }),
      rows: place.rows + page.expected.length,
      written: place.written + written,
      refused: place.refused + refused,
      ...(total === undefined ? {} : { total }),
      isDone: page.isLast,
    });
    failpoint("copy-page-read");
    const outcome = await writeCopyPage({ ...options, onOrphan }, comparison, page, (tx, made) =>
      keepCopyPlace(tx, state, table.name, after(made)),
    );
    if (outcome === undefined) {
      reads += 1;
      if (reads > MAX_READS) throw new Error(`${table.name}: no page outlives the purges beside it`);
      next = read(at, limit);
      continue;
    }
    reads = 0;
    place = after(outcome);
    failpoint("copy-page-written");
    options.onPage(place);
    if (page.isLast) {
      const end = await copyOrphans(options, comparison, orphans, place);
      // Pages of an earlier part have met rows that this one knows nothing of.
      if (isWhole && !signal.aborted) await options.letters.forgetRest();
      options.letters.checkLimit();
      return end;
    }
    options.letters.checkLimit();
    at = page.last;
    limit = page.nextLimit;
    await options.pace.spend(page.expected.length, signal);
  }
  return place;
}
