import { applyChanges, applyNet } from "../apply/applier.ts";
import { asRefusal } from "../apply/as-refusal.ts";
import { shareLanes } from "../checkpoint/checkpoint.ts";
import type { Change, Key } from "../contract/change.ts";
import type { ClassifiedError } from "../db/classified-error.ts";
import type { Queryable } from "../db/database.ts";
import { keyOf, type NetSegment } from "../journal/net.ts";
import type { Row } from "../row.ts";
import { inAttempts } from "../run/in-attempts.ts";
import { monotonic } from "../util/monotonic.ts";
import { keyLabel } from "../verify/key-label.ts";
import { findByKey, readKeys } from "../verify/read-rows.ts";
import type { Expected, RowComparison } from "../verify/row-comparison.ts";
import { changedRows } from "./changed-rows.ts";
import { writeCircles } from "./circles.ts";
import type { CopyOptions } from "./copy-options.ts";
import type { CopyPage } from "./read-page.ts";

export interface PageOutcome {
  readonly written: number;
  readonly refused: number;
}

/** A row that is to be written: the page's, or the one that its unique key asks for. */
interface Candidate {
  readonly expected: Expected;
  readonly row: Row;
}

interface Refusal {
  readonly expected: Expected;
  readonly error: ClassifiedError;
}

/**
 * Writes what a page shows and the target lacks, in one transaction that shares the table's checkpoint: a runner waits as
 * long, other pages do not, and no row that it has changed or deleted since the page was read is written. What the target refuses is a dead
 * letter. Undefined when the page is to be read again, see changedRows. `keep` is called last in the transaction.
 */
export async function writeCopyPage(
  options: CopyOptions,
  comparison: RowComparison,
  page: CopyPage,
  keep: (tx: Queryable, outcome: PageOutcome) => Promise<void>,
): Promise<PageOutcome | undefined> {
  const refused: Refusal[] = [];
  const candidates: Candidate[] = [];
  for (const expected of page.expected) {
    const { row, isLeftOut, reason = "the row cannot be transformed" } = expected;
    if (row !== undefined) candidates.push({ expected, row });
    else if (isLeftOut !== true)
      refused.push({ expected, error: { class: "row", code: "TRANSFORM_FAILED", reason } });
  }
  const whole = { options, comparison, page };
  const { guess, target } = options;
  for (let isGuess = guess.lacksAll && target.dialect.insertRows !== undefined; ; isGuess = false) {
    try {
      return await writeLast({ ...whole, isGuess }, candidates, refused, 0, keep);
    } catch (error) {
      if (asRefusal(target.dialect, error) === undefined) throw error;
      guess.lacksAll = false;
      if (!isGuess) break;
    }
  }
  const parts = await writeParts(whole, candidates);
  if (parts === undefined) return undefined;
  return await writeLast(whole, [], [...refused, ...parts.refused], parts.written, keep);
}

interface Whole {
  /** The target is thought to lack all of its rows. */
  readonly isGuess?: boolean;
  readonly options: CopyOptions;
  readonly comparison: RowComparison;
  readonly page: CopyPage;
}

/** The transaction that the place is kept in; `before`: rows of the page that were written already. */
async function writeLast(
  whole: Whole,
  candidates: readonly Candidate[],
  refused: readonly Refusal[],
  before: number,
  keep: (tx: Queryable, outcome: PageOutcome) => Promise<void>,
): Promise<PageOutcome | undefined> {
  const { options, page } = whole;
  let left: readonly Refusal[] = [];
  const written = await writeAll(whole, candidates, async (tx, count, isChanged) => {
    left = await stillRefused(whole, tx, refused, isChanged);
    await options.letters.setAside(
      tx,
      left.map(({ expected: { change }, error }) => ({ change, error })),
    );
    const isLeft = new Set(left.map(({ expected }) => expected));
    await options.letters.settle(
      tx,
      page.expected.flatMap((expected) => (isLeft.has(expected) ? [] : [expected.change])),
    );
    await keep(tx, { written: before + count, refused: left.length });
  });
  if (written === undefined) return undefined;
  for (const { expected, error } of left) {
    if (error.class === "parent" && options.onOrphan !== undefined) options.onOrphan(expected);
    else tell(options, expected, error.reason);
  }
  return { written: before + written, refused: left.length };
}

/** Without those that a run, or somebody else, has dealt with since they were refused. */
async function stillRefused(
  { options, comparison }: Whole,
  tx: Queryable,
  refused: readonly Refusal[],
  isChanged: (key: Key) => boolean,
): Promise<readonly Refusal[]> {
  const { key } = options.table;
  const unchanged = refused.filter(({ expected }) => !isChanged(expected.key));
  const there = await findByKey(
    { ...comparison.keys.target, db: tx },
    unchanged.map(({ expected: { change } }) => keyOf(key, change)),
    comparison.keyText,
  );
  return unchanged.filter((_, i) => there[i] === undefined);
}

/** One transaction; gives how many rows were written, undefined when the page is to be read again. */
async function writeAll(
  { options, comparison, page, isGuess = false }: Whole,
  candidates: readonly Candidate[],
  keep: (tx: Queryable, written: number, isChanged: (key: Key) => boolean) => Promise<void>,
): Promise<number | undefined> {
  const { source, target, table, rows, signal, onHeld } = options;
  const { dialect, db } = target;
  const what = `${table.name} could not be copied`;
  let heldSinceMs = 0;
  let hasMoved = false;
  const written = await inAttempts({ dialect, table: table.name, what, signal }, () =>
    db.transaction(async (tx) => {
      const lanes = await shareLanes(tx, dialect, table.targetNames.checkpoint);
      heldSinceMs = monotonic();
      const ends = lanes.map(({ position }) => position).sort((a, b) => (a < b ? -1 : 1));
      const upTo = ends.at(-1) ?? page.applied;
      hasMoved = ends[0] !== page.applied;
      const isChanged = await changedRows(source, table, { after: page.applied, upTo, passed: page.passed });
      if (isChanged === undefined) return undefined;
      const still = candidates.filter(({ expected }) => !isChanged(expected.key));
      const lacking = isGuess ? still : await lackingOf(comparison, tx, still);
      options.guess.lacksAll = lacking.length === still.length;
      const rowOf = new Map(lacking.map(({ expected, row }) => [expected.change.position, row]));
      const rowFor = ({ position }: Change): Row => rowOf.get(position) ?? {};
      const changes = lacking.map(({ expected: { change } }): Change => ({ ...change, action: "INSERT" }));
      // Somebody else than a run may have written it in this moment: it is left as it is.
      const rules = { keepOnUpdate: rows.keepOnUpdate, keepsExisting: () => true, areLacking: isGuess };
      const apply = isGuess ? applyAllNew : applyChanges;
      const write = options.inCircles === true ? writeCircles : apply;
      const writing = write(tx, dialect, table, changes, rowFor, rules);
      options.onWriting?.();
      await writing;
      await keep(tx, lacking.length, isChanged);
      return lacking.length;
    }),
  );
  onHeld?.(candidates.length, monotonic() - heldSinceMs, hasMoved);
  return written;
}

/** Of keys that are equal to the target one would be refused, and with it the whole guess: nobody looks for them before. */
const applyAllNew: typeof applyChanges = (tx, dialect, table, changes, rowFor, rules) => {
  const segment: NetSegment = { deletes: [], upserts: changes, inserts: new Set(changes), replaced: [] };
  return applyNet(tx, dialect, table, [segment], rowFor, rules);
};

async function lackingOf(
  { keys, keyText, targetKey }: RowComparison,
  tx: Queryable,
  candidates: readonly Candidate[],
): Promise<readonly Candidate[]> {
  const there = await findByKey(
    { ...keys.target, db: tx },
    candidates.map(({ expected }) => targetKey(expected)),
    keyText,
  );
  return candidates.filter((_, i) => there[i] === undefined);
}

interface Parts {
  readonly written: number;
  readonly refused: readonly Refusal[];
}

const writtenOnly = (written: number | undefined): Parts | undefined =>
  written === undefined ? undefined : { written, refused: [] };

/** Halves what was refused as a whole, down to the rows that are refused alone. */
async function writeParts(whole: Whole, candidates: readonly Candidate[]): Promise<Parts | undefined> {
  const [only] = candidates;
  if (only === undefined) return { written: 0, refused: [] };
  if (candidates.length === 1) return await writeAlone(whole, only);
  const half = Math.ceil(candidates.length / 2);
  let sum: Parts = { written: 0, refused: [] };
  for (const part of [candidates.slice(0, half), candidates.slice(half)]) {
    const outcome = await writeOrHalve(whole, part);
    if (outcome === undefined) return undefined;
    sum = { written: sum.written + outcome.written, refused: [...sum.refused, ...outcome.refused] };
  }
  return sum;
}

async function writeOrHalve(whole: Whole, part: readonly Candidate[]): Promise<Parts | undefined> {
  try {
    return writtenOnly(await writeAll(whole, part, async () => undefined));
  } catch (error) {
    if (asRefusal(whole.options.target.dialect, error) === undefined) throw error;
    return await writeParts(whole, part);
  }
}

async function writeAlone(whole: Whole, candidate: Candidate): Promise<Parts | undefined> {
  const { options, comparison, page } = whole;
  const { source, target, table, rows } = options;
  const { expected, row } = candidate;
  let refusal: ClassifiedError | undefined;
  try {
    return writtenOnly(await writeAll(whole, [candidate], async () => undefined));
  } catch (error) {
    refusal = asRefusal(target.dialect, error);
    if (refusal === undefined) throw error;
    if (refusal.class === "unique" && rows.onUniqueConflict !== undefined) {
      const other = rows.onUniqueConflict(row);
      const isNew = JSON.stringify(other) !== JSON.stringify(row);
      if (isNew) return await writeAlone(whole, { expected, row: other });
    }
  }
  // What was changed since it was read, or has a change to come, is the run's; what is gone is nobody's.
  const later = source.dialect.sql.laterChange(table, page.applied, expected.key);
  const isRuns = (await source.db.query(later.sql, later.params)).length > 0;
  const isGone = (await readKeys(comparison.keys.source, [expected.key])).length === 0;
  return { written: 0, refused: isRuns || isGone ? [] : [{ expected, error: refusal }] };
}

function tell({ table, onRefused }: CopyOptions, { key }: Expected, reason: string): void {
  const columns = table.key.map(({ source }) => ({ name: source.name.toUpperCase() }));
  onRefused({ table: table.name, key: keyLabel(columns, key), reason });
}
