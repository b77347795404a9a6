import type { Key } from "../contract/change.ts";
import { COPY_START, type CopyPlace, keepCopyPlace } from "../state/copy-place.ts";
import type { Pace } from "../throttle/pace.ts";
import { failpoint } from "../util/failpoint.ts";
import { monotonic } from "../util/monotonic.ts";
import { createRecentRate } from "../util/recent-rate.ts";
import { FIRST_LIMIT } from "../verify/page-size.ts";
import { createRowComparison, type Expected, type RowComparison } from "../verify/row-comparison.ts";
import { aboutRows } from "./about-rows.ts";
import { refersToItself } from "./circles.ts";
import type { CopyOptions } from "./copy-options.ts";
import { copyOrphans } from "./copy-orphans.ts";
import { createPageLedger } from "./page-ledger.ts";
import { createPageSize } from "./page-size.ts";
import { type CopyPage, type ReadPage, readApplied, readCopyKeys, readCopyPage } from "./read-page.ts";
import { type PageOutcome, writeCopyPage } from "./write-page.ts";

export interface CopyTableOptions extends CopyOptions {
  /** Where an earlier copy has come to. */
  readonly from: CopyPlace | undefined;
  readonly pace: Pace;
  /** `earlier`: rows that an earlier part of the copy had looked at. */
  readonly onPage: (place: CopyPlace, earlier: number) => void;
}

/** How old may be what is known of the applied changes: from there on the journal is asked for each page, so older is only slower. */
const FRESH_MS = 200;

/** A page that `purge` runs into again and again. */
const MAX_READS = 10;

/**
 * Writes the rows of a table that the target lacks, in the source's order of the key. Pages are read and transformed while
 * those before them are written, `parallelism` at a time. Gives the place that was come to: done, or where the signal ended it.
 */
export async function copyTable(options: CopyTableOptions): Promise<CopyPlace> {
  const { table, state, signal, source, target, rows } = options;
  const comparison = createRowComparison({ table, source, target, rows, isCaptured: true });
  const start = options.from?.after === undefined || options.from.isDone ? COPY_START : options.from;
  const total = start.total ?? (await aboutRows(source, table));
  const size = createPageSize(options.pageSize);
  const ledger = createPageLedger(start, { total, keepsKey: table.isRekeyed !== true });
  const orphans: Expected[] = [];
  const onOrphan = (row: Expected): void => void orphans.push(row);
  const rateOf = createRecentRate();
  rateOf(start.rows);
  const withRate = (place: CopyPlace): CopyPlace => ({ ...place, perSecond: Math.round(rateOf(place.rows)) });
  let kept = start;

  async function write(page: ReadPage, onWriting: () => void): Promise<void> {
    ledger.add(page);
    let reached: CopyPlace | undefined;
    const outcome = await writePage(
      { ...options, onOrphan, onHeld: size.note, onWriting },
      comparison,
      page,
      async (tx, made) => {
        reached = ledger.placeWith(page, made);
        failpoint("copy-page-uncommitted");
        if (reached !== undefined) await keepCopyPlace(tx, state, table.name, withRate(reached));
      },
    );
    ledger.settle(page, outcome);
    kept = reached ?? kept;
    failpoint("copy-page-written");
    options.onPage(withRate(ledger.place), start.rows);
    options.letters.checkLimit();
  }

  const isRead = await readPages(options, comparison, { start: start.after, atMost: () => size.rows }, write);
  // Pages that were through before one that they follow.
  if (ledger.place.rows !== kept.rows || ledger.place.isDone !== kept.isDone)
    await keepCopyPlace(target.db, state, table.name, ledger.place);
  if (!isRead) return ledger.place;
  failpoint("copy-table-end");
  const end = await copyOrphans(options, comparison, orphans, ledger.place);
  // Pages of an earlier part have met rows that this one knows nothing of.
  if (start === COPY_START && !signal.aborted) await options.letters.forgetRest();
  options.letters.checkLimit();
  return end;
}

/** Reads page after page and has them written; false when the signal has ended it before the last. All are written, or one has failed, when it returns. */
async function readPages(
  options: CopyTableOptions,
  comparison: RowComparison,
  { start, atMost }: { readonly start: Key | undefined; readonly atMost: () => number },
  write: (page: ReadPage, onWriting: () => void) => Promise<void>,
): Promise<boolean> {
  const { signal, pace } = options;
  const most = refersToItself(options.table) ? 1 : options.parallelism;
  let applied = readApplied(options);
  let askedMs = monotonic();
  const read = (after: Key | undefined, limit: number): Promise<ReadPage> => {
    const page = readCopyPage(options, comparison, applied, after, limit);
    page.catch(() => undefined);
    if (monotonic() - askedMs < FRESH_MS) return page;
    // Asked for while this page is read: the next one does not wait for it.
    askedMs = monotonic();
    applied = readApplied(options);
    applied.catch(() => undefined);
    return page;
  };
  const busy = new Set<Promise<void>>();
  const failures: unknown[] = [];
  /** Done when there is time for other work: the rows are on their way, or there are none. */
  const begin = (page: ReadPage): Promise<void> =>
    new Promise((resolve) => {
      const work = write(page, resolve)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          busy.delete(work);
          resolve();
        });
      busy.add(work);
    });
  let isRead = false;
  try {
    for (let next = read(start, Math.min(FIRST_LIMIT, options.pageSize)); !signal.aborted && !isRead; ) {
      const page = await next;
      isRead = page.isLast;
      const isWriting = begin(page);
      // The statements before the rows are short, and would wait for whatever else this process does meanwhile.
      if (most === 1) await isWriting;
      if (!isRead) next = read(page.last, Math.min(page.nextLimit, atMost()));
      while (busy.size >= most) await Promise.race(busy);
      if (failures.length > 0) break;
      if (!isRead) await pace.spend(page.count, signal);
    }
  } finally {
    await Promise.all(busy);
  }
  if (failures.length > 0) throw failures[0];
  return isRead;
}

/** Writes a page, or what became of its rows when `purge` has taken changes of them away since they were read. */
async function writePage(
  options: CopyOptions,
  comparison: RowComparison,
  { expected, ...read }: ReadPage,
  keep: Parameters<typeof writeCopyPage>[3],
): Promise<PageOutcome> {
  let page: CopyPage = { ...read, expected: await expected };
  const keys = page.expected.map(({ key }) => key);
  for (let reads = 1; reads <= MAX_READS; reads++) {
    failpoint("copy-page-read");
    const outcome = await writeCopyPage(options, comparison, page, keep);
    if (outcome !== undefined) return outcome;
    page = await readCopyKeys(options, comparison, keys);
  }
  throw new Error(`${options.table.name}: no page outlives the purges beside it`);
}
