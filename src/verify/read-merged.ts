import type { Key } from "../contract/change.ts";
import type { Row } from "../row.ts";
import type { AppliedPosition } from "./applied-position.ts";
import type { ComparisonOptions } from "./comparison-options.ts";
import type { Difference, Direction } from "./difference.ts";
import { type KeyOrder, learnOrder } from "./key-order.ts";
import type { Cursor } from "./progress-state.ts";
import { createRangeDigests } from "./range-digests.ts";
import { keyIn } from "./read-rows.ts";
import { pagesOf, type ReadStep, type RowsRead } from "./read-step.ts";
import type { Expected, RowComparison } from "./row-comparison.ts";
import { createRowMatcher, type RowMatcher, type Unmatched } from "./row-matcher.ts";
import { createRowStream, type StreamPage } from "./row-stream.ts";

export interface ReadMergedOptions extends ComparisonOptions {
  readonly ofRows: RowComparison;
  readonly applied: AppliedPosition;
  readonly cursor: Cursor;
  /** Rows of a page, and of a range whose digests are asked for, at most. */
  readonly limit: number;
  readonly mostAtOnce: number;
}

/** A row and the page that showed it. */
interface SourceRow {
  readonly key: Key;
  readonly expected: Expected;
  readonly page: StreamPage;
}
interface TargetRow {
  readonly key: Key;
  readonly row: Row;
  readonly page: StreamPage;
}
type Matcher = RowMatcher<SourceRow, TargetRow>;

/** Rows whose digests are asked for at once, at first and at the most; a hot table's ranges rarely agree. */
const FIRST_RANGE = 2_000;
const MAX_RANGE = 8_000;
/** So many pages of rows without a counterpart are held on each side before they are looked for by their keys. */
const PAGES_HELD = 4;

/**
 * Reads both sides of a table at the same time, each in its own order of the key, and brings rows together in memory.
 * Where both databases order keys alike, a row meets its counterpart within a page or two, and no key is asked for; rows
 * that do not meet any are differences to be looked at again, whatever the order. Ranges whose digests agree are not
 * read at all, where digests can tell.
 */
export async function* readMerged(options: ReadMergedOptions): AsyncGenerator<ReadStep> {
  const digests = createRangeDigests(options);
  let place: Place = { cursor: options.cursor, read: { source: 0, target: 0 } };
  if (digests === undefined) {
    yield* readRows(options, place, Number.POSITIVE_INFINITY);
    return;
  }
  let range = Math.min(FIRST_RANGE, options.mostAtOnce);
  for (;;) {
    await options.applied.refresh();
    const { rows, next, isEqual } = await digests.compare(place.cursor, range);
    if (isEqual) {
      const read = { source: place.read.source + rows, target: place.read.target + rows };
      place = { cursor: next ?? {}, read };
      yield { read, found: [], leftOut: [], safe: { ...place, again: [] }, isDone: next === undefined };
      if (next === undefined) return;
      range = Math.min(MAX_RANGE, options.mostAtOnce, range * 2);
      continue;
    }
    range = Math.max(options.limit, Math.floor(range / 2));
    const after = yield* readRows(options, place, rows);
    if (after === undefined) return;
    place = after;
  }
}

interface Place {
  readonly cursor: Cursor;
  readonly read: RowsRead;
}

/** Reads on, row by row, until `atLeast` rows of the source are dealt with; gives the place then, undefined at the end. */
async function* readRows(
  options: ReadMergedOptions,
  place: Place,
  atLeast: number,
): AsyncGenerator<ReadStep, Place | undefined> {
  const { ofRows, applied, limit } = options;
  // A page says what was applied before it was read, and the first ones are read at once.
  await applied.refresh();
  const stream = (side: Direction) => createRowStream(ofRows.rows[side], limit, place.cursor[side], applied);
  const streams = { source: stream("source"), target: stream("target") };
  const matcher: Matcher = createRowMatcher();
  const last: Partial<Record<Direction, Key>> = {};
  let order: KeyOrder | undefined;
  const upTo = (rows: RowsRead): RowsRead => ({
    source: place.read.source + rows.source,
    target: place.read.target + rows.target,
  });

  /** The side that has come less far, as long as it has rows. */
  function behind(): Direction {
    if (streams.source.isAtEnd || streams.target.isAtEnd) return streams.source.isAtEnd ? "target" : "source";
    if (last.source === undefined || last.target === undefined)
      return last.source === undefined ? "source" : "target";
    return (order?.(last.source, last.target) ?? 0) <= 0 ? "source" : "target";
  }

  try {
    for (;;) {
      await applied.refresh();
      const side = behind();
      const page = await streams[side].next();
      const { found, leftOut } =
        side === "source" ? await takeSource(ofRows, matcher, page) : takeTarget(ofRows, matcher, page);
      const keysOf = (rows: readonly Row[]) => rows.map((row) => keyIn(ofRows.keys[side], row));
      last[side] = keysOf(page.rows.slice(-1))[0] ?? last[side] ?? [];
      if (side === "source") order ??= learnOrder(ofRows.keys.source.key, keysOf(page.rows));
      const isDone = streams.source.isAtEnd && streams.target.isAtEnd;
      found.push(...unmatched(matcher.overflow(isDone ? 0 : PAGES_HELD * streams[side].limit)));
      const { source, target } = matcher.taken;
      const isPast = source >= atLeast && (target >= atLeast || streams.target.isAtEnd);
      const back = !isDone && isPast ? matcher.rewind() : undefined;
      if (back !== undefined) found.push(...unmatched(back));
      const { pair } = matcher;
      const safe = isDone
        ? { cursor: {}, read: upTo(matcher.taken), again: [] }
        : pair === undefined
          ? undefined
          : {
              cursor: { source: pair.source.key, target: pair.target.key },
              read: upTo(pair.rows),
              again: pagesOf(unmatched(matcher.before(pair))).map(({ side, start }) => ({ side, start })),
            };
      yield {
        read: upTo(matcher.taken),
        found: pagesOf(found),
        leftOut,
        isDone,
        ...(safe === undefined ? {} : { safe }),
      };
      if (isDone) return undefined;
      if (back !== undefined && safe !== undefined) return { cursor: safe.cursor, read: safe.read };
    }
  } finally {
    // A read under way must not outlive the connections.
    await Promise.all([streams.source.settled(), streams.target.settled()]);
  }
}

type Found = { readonly page: StreamPage; readonly difference: Difference };

interface Taken {
  readonly found: Found[];
  readonly leftOut: readonly Key[];
}

async function takeSource(ofRows: RowComparison, matcher: Matcher, page: StreamPage): Promise<Taken> {
  const found: Found[] = [];
  const leftOut: Key[] = [];
  for (const expected of await ofRows.expect(page.rows)) {
    if (expected.isLeftOut) {
      matcher.pass();
      leftOut.push(expected.key);
      continue;
    }
    const source = { key: expected.key, expected, page };
    const target = matcher.source(ofRows.keyText(ofRows.targetKey(expected)), source);
    if (target !== undefined) found.push(...compared(ofRows, source, target));
  }
  return { found, leftOut };
}

function takeTarget(ofRows: RowComparison, matcher: Matcher, page: StreamPage): Taken {
  const found: Found[] = [];
  for (const row of page.rows) {
    const target = { key: keyIn(ofRows.keys.target, row), row, page };
    const source = matcher.target(ofRows.keyText(target.key), target);
    if (source !== undefined) found.push(...compared(ofRows, source, target));
  }
  return { found, leftOut: [] };
}

const NONE: readonly Found[] = [];

function compared(ofRows: RowComparison, source: SourceRow, { row }: TargetRow): readonly Found[] {
  const difference = ofRows.compare(source.expected, row);
  return difference === undefined ? NONE : [{ page: source.page, difference }];
}

/** What is to be looked for by its key. */
function unmatched({ source, target }: Unmatched<SourceRow, TargetRow>): readonly Found[] {
  return [
    ...source.map(
      ({ key, page }): Found => ({ page, difference: { kind: "missing", side: "source", key, columns: [] } }),
    ),
    ...target.map(
      ({ key, page }): Found => ({ page, difference: { kind: "extra", side: "target", key, columns: [] } }),
    ),
  ];
}
