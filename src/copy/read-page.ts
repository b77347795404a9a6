import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Key, Position } from "../contract/change.ts";
import type { Hole } from "../contract/dialect.ts";
import { allPassed, parsePassed } from "../journal/passed-holes.ts";
import { readEntry } from "../state/state.ts";
import { rowsThatFit } from "../verify/page-size.ts";
import { keyIn, readKeys, readRange } from "../verify/read-rows.ts";
import type { Expected, RowComparison } from "../verify/row-comparison.ts";
import type { CopyOptions } from "./copy-options.ts";

/** What was applied to the target before rows of the source were read. */
export interface Applied {
  readonly applied: Position;
  readonly passed: readonly Hole[];
}

/** Rows of the source, transformed. */
export interface CopyPage extends Applied {
  readonly expected: readonly Expected[];
}

/** Rows of the source as they come one after the other. */
export interface ReadPage extends Applied {
  /** They are transformed while others are read. */
  readonly expected: Promise<readonly Expected[]>;
  readonly count: number;
  /** The key of its last row; undefined when it has none. */
  readonly last: Key | undefined;
  readonly isLast: boolean;
  /** How many rows the next page may have. */
  readonly nextLimit: number;
}

/** What a page holds at most, in bytes of values. */
const PAGE_BYTES = 4_000_000;

/** The rows that hold these keys by now, as a page. */
export async function readCopyKeys(
  options: CopyOptions,
  { rows: sets, expect }: RowComparison,
  keys: readonly Key[],
): Promise<CopyPage> {
  const before = await readApplied(options);
  return { ...before, expected: await expect(await readKeys(sets.source, keys)) };
}

/** Reads the rows that come after a key, once it is known what was applied before. */
export async function readCopyPage(
  options: CopyOptions,
  { rows: sets, keys, expect }: RowComparison,
  applied: Promise<Applied>,
  after: Key | undefined,
  limit: number,
): Promise<ReadPage> {
  const before = await applied;
  const rows = await readRange(sets.source, after, limit);
  const last = rows.at(-1);
  const expected = expect(rows).then((all) => readied(options, all));
  // It is awaited later; until then nobody hears its failure.
  expected.catch(() => undefined);
  return {
    ...before,
    expected,
    count: rows.length,
    last: last === undefined ? undefined : keyIn(keys.source, last),
    isLast: rows.length < limit,
    nextLimit: rowsThatFit(rows, options.pageSize, PAGE_BYTES),
  };
}

/** Whatever needs no database is done while the page in front of it is written. */
async function readied(
  { target, table }: CopyOptions,
  expected: readonly Expected[],
): Promise<readonly Expected[]> {
  const rows = expected.flatMap(({ row }) => (row === undefined ? [] : [row]));
  await target.dialect.readyRows?.(table, rows);
  return expected;
}

/** To be read before the rows, how long does not matter: no change can slip between. */
export async function readApplied({ target, table, state }: CopyOptions): Promise<Applied> {
  const checkpoint = await readCheckpoint(target.db, target.dialect, table.targetNames.checkpoint);
  // After the checkpoint: a hole that was passed before it has come so far is among them.
  const watched = await readEntry(target.db, state, `passed/${table.name}`);
  return { applied: checkpoint?.position ?? 0n, passed: allPassed(parsePassed(watched)) };
}
