import { isClaim } from "../apply/user-claims.ts";
import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Change, Key, Position } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Database, Queryable } from "../db/database.ts";
import { highestPosition } from "../journal/highest.ts";
import { journalAfter } from "../journal/journal-after.ts";
import { exactKey } from "../journal/key-equality.ts";
import { keyOf, sourceKeyOf } from "../journal/net.ts";
import { USER_ID_CLAIM } from "../plan/user-claims.ts";
import { sleep } from "../util/sleep.ts";
import type { ComparisonOptions } from "./comparison-options.ts";
import type { Confirmed } from "./confirmed.ts";
import { type Difference, type Direction, differenceKey } from "./difference.ts";
import { rowClass } from "./pending-keys.ts";
import { type RowSet, readKeys } from "./read-rows.ts";
import type { TableComparison } from "./table-comparison.ts";

export interface AgreementOptions extends ComparisonOptions {
  readonly source: { readonly dialect: Dialect; readonly db: Database };
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly found: readonly { readonly comparison: TableComparison; readonly confirmed: Confirmed }[];
  /** Rows of the source that were read. */
  readonly readSource: number;
  /** The checkpoint before the first of them was read; undefined without capture. */
  readonly since: Position | undefined;
  readonly signal: AbortSignal;
}

/** Both sides counted by their servers, at one position of the journal: nothing here goes by what a comparison read. */
export interface Agreement {
  /** Rows, those left out that changes are on their way to. */
  readonly sourceRows: number;
  readonly targetRows: number;
  /** Rows that changes are on their way to: at that position they cannot be held against each other. */
  readonly onTheirWay: number;
  /** Users' claims that only the target has, as the migration and the run make them: held against nothing, counted nowhere else. */
  readonly ownClaims: number;
  /** By how many rows the target has more (or less) than the source's, without those missing, with the extra ones. */
  readonly unexplained: number;
  /** Rows of the source that its server counts and that reading it in order has not met. */
  readonly unread: number;
}

/** More keys than these are not looked up: the changes have to come through first. */
const MOST_ON_THEIR_WAY = 20_000;
const KEYS_PER_STATEMENT = 500;
/** A difference of counts that is the same so many times is one; while rows move, it is another each time. */
const ALIKE = 3;
const MOST_ATTEMPTS = 8;
const PAUSE_MS = 300;

/**
 * Counts both sides of a table and holds that against the differences that a comparison has found: its own look at keys
 * can be wrong in a way that hides rows on both passes, and a count by the server cannot. Undefined when the counts could
 * not be taken at one position: too many changes are on their way, or they are not captured and rows are written.
 */
export async function findAgreement(
  options: AgreementOptions,
  pause: typeof sleep = sleep,
): Promise<Agreement | undefined> {
  let last: Agreement | undefined;
  for (let attempt = 1, alike = 0; attempt <= MOST_ATTEMPTS && !options.signal.aborted; attempt++) {
    const found = await countBoth(options);
    if (found?.unexplained === 0 && found.unread === 0) return found;
    const isAlike =
      found !== undefined && found.unexplained === last?.unexplained && found.unread === last.unread;
    alike = isAlike ? alike + 1 : 1;
    if (found !== undefined && alike >= ALIKE) return found;
    last = found;
    await pause(PAUSE_MS, options.signal);
  }
  return undefined;
}

/** What is read on each side at its moment. */
interface Moment {
  readonly set: RowSet;
  readonly isClaims: boolean;
}

async function countBoth(options: AgreementOptions): Promise<Agreement | undefined> {
  const { table, source, target, isCaptured } = options;
  const isClaims = table.holdsClaims === true;
  return await target.dialect.snapshot(target.db, async (onTarget) => {
    // The target's moment first: whatever changed since then has a higher position in the journal that the source shows.
    const after = isCaptured
      ? ((await readCheckpoint(onTarget, target.dialect, table.targetNames.checkpoint))?.position ?? 0n)
      : 0n;
    const there: Moment = { set: keySet(options, "target", onTarget), isClaims };
    const countThere = countRows(there);
    countThere.catch(() => undefined);
    return await source.dialect.snapshot(source.db, async (onSource) => {
      const here: Moment = { set: keySet(options, "source", onSource), isClaims };
      const [sourceRows, targetRows] = [await countRows(here), await countThere];
      const moving = isCaptured ? await keysAfter(options, onSource, after) : NO_KEYS;
      if (moving === undefined) return undefined;
      const [movingHere, movingThere] = [
        await present(here, moving.source),
        await present(there, moving.target),
      ];
      const balance = await balanceOf(options, onSource, onTarget, moving.isMoving);
      const leftOut = await leftOutBalance(options, here, there, moving.isMoving);
      if (leftOut === undefined) return undefined;
      const [left, right] = [sourceRows.counted - movingHere.size, targetRows.counted - movingThere.size];
      const highest = isCaptured
        ? await highestPosition({ dialect: source.dialect, db: onSource }, table.names.journal)
        : 0n;
      return {
        sourceRows: left,
        targetRows: right,
        onTheirWay: Math.max(movingHere.size, movingThere.size),
        ownClaims: Math.max(0, targetRows.all - targetRows.counted - (sourceRows.all - sourceRows.counted)),
        unexplained: outside(right - left - balance.sum - leftOut, -balance.maybeAbsent, balance.maybeExtra),
        unread: unread(options, sourceRows.all, highest),
      };
    });
  });
}

/** How far a number lies outside a range. */
const outside = (n: number, low: number, high: number): number =>
  n < low ? n - low : n > high ? n - high : 0;

/** Changes since the reading began can have added and removed so many rows, and not one more. */
function unread({ readSource, since }: AgreementOptions, counted: number, highest: Position): number {
  if (since === undefined) return 0;
  const most = Math.max(0, Number(highest - since));
  return outside(counted - readSource, -most, most);
}

function keySet({ table, source, target }: AgreementOptions, side: Direction, db: Queryable): RowSet {
  const key = table.key.map((column) => column[side]);
  const claim = table.holdsClaims === true ? claimColumns(table[side].columns) : [];
  const { dialect } = side === "source" ? source : target;
  return { dialect, db, table: table[side].name, key, columns: [...new Set([...key, ...claim])] };
}

const claimColumns = (columns: readonly Column[]): readonly Column[] =>
  ["UM_ATTR_NAME", "UM_PROFILE_ID"].flatMap((name) =>
    columns.filter((one) => one.name.toUpperCase() === name),
  );

/** Claims that the target made of users are no rows of the source: none of either side's is counted. */
async function countRows({
  set,
  isClaims,
}: Moment): Promise<{ readonly all: number; readonly counted: number }> {
  const count = async (columns?: readonly Column[], key?: Key): Promise<number> => {
    const statement = set.dialect.sql.countRows(set.table, columns, key);
    const [row] = await set.db.query(statement.sql, statement.params);
    return Number(row?.["n"]);
  };
  const all = await count();
  if (!isClaims) return { all, counted: all };
  const claims = await count(claimColumns(set.columns), [USER_ID_CLAIM.attribute, USER_ID_CLAIM.profile]);
  return { all, counted: all - claims };
}

/** Texts of the keys, as the table has them, that are there. */
async function present({ set, isClaims }: Moment, keys: readonly Key[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let i = 0; i < keys.length; i += KEYS_PER_STATEMENT) {
    for (const row of await readKeys(set, keys.slice(i, i + KEYS_PER_STATEMENT)))
      if (!isClaims || !isClaim(row))
        found.add(exactKey(set.key.map(({ name }) => row[name.toUpperCase()] ?? null)));
  }
  return found;
}

interface MovingKeys {
  readonly source: readonly Key[];
  readonly target: readonly Key[];
  readonly isMoving: (row: Pick<Difference, "side" | "key">) => boolean;
}

const NO_KEYS: MovingKeys = { source: [], target: [], isMoving: () => false };

const IMAGES: ReadonlySet<string> = new Set(["INSERT", "UPDATE", "DELETE", "RESPELLED"]);

/**
 * By how many rows the target has less because it is not to have them: those that were met, and those among the rows
 * that were changed since. Undefined when these are too many to be looked at.
 */
async function leftOutBalance(
  options: AgreementOptions,
  here: Moment,
  there: Moment,
  isMoving: MovingKeys["isMoving"],
): Promise<number | undefined> {
  const { rows, found, since, table } = options;
  if (rows.markLeftOut === undefined) return 0;
  const keys = new Map(
    found.flatMap(({ confirmed }) => confirmed.leftOut).map((key) => [exactKey(key), key]),
  );
  const changed = since === undefined ? NO_KEYS : await keysAfter(options, here.set.db, since);
  if (changed === undefined) return undefined;
  const whole: RowSet = { ...here.set, columns: table.sourceColumns.map((column) => column.source) };
  for (let i = 0; i < changed.source.length; i += KEYS_PER_STATEMENT) {
    const images = (await readKeys(whole, changed.source.slice(i, i + KEYS_PER_STATEMENT))).map(
      (row, n): Change => ({ position: BigInt(n + 1), action: "UPDATE", row }),
    );
    for (const change of await rows.markLeftOut(images)) {
      const key = sourceKeyOf(table.key, change);
      if (change.leftOut) keys.set(exactKey(key), key);
    }
  }
  const settled = [...keys.values()].filter((key) => !isMoving({ side: "source", key }));
  return (await present(there, settled)).size - (await present(here, settled)).size;
}

/** The keys that the journal holds changes of after a position; undefined when they are too many. */
async function keysAfter(
  { table, source, rows }: AgreementOptions,
  db: Queryable,
  after: Position,
): Promise<MovingKeys | undefined> {
  const classOf = rowClass(table);
  const here = new Map<string, Key>();
  const there = new Map<string, Key>();
  const classes = new Set<string>();
  for await (const changes of journalAfter({ ...source, db }, table, after)) {
    // Not the marks that a journal begins with, or is purged up to.
    const images = changes.filter(({ action }) => IMAGES.has(action));
    for (const change of images) {
      const key = sourceKeyOf(table.key, change);
      here.set(exactKey(key), key);
      classes.add(classOf({ side: "source", key }));
    }
    for (const change of (await rows.resolveKeys?.(images)) ?? images) {
      const key = keyOf(table.key, change);
      there.set(exactKey(key), key);
      classes.add(classOf({ side: "target", key }));
    }
    if (here.size > MOST_ON_THEIR_WAY) return undefined;
  }
  return {
    source: [...here.values()],
    target: [...there.values()],
    isMoving: (row) => classes.has(classOf(row)),
  };
}

/** What the differences that were found explain, as they are at this moment. */
async function balanceOf(
  { found }: AgreementOptions,
  source: Queryable,
  target: Queryable,
  isMoving: MovingKeys["isMoving"],
): Promise<{ readonly sum: number; readonly maybeAbsent: number; readonly maybeExtra: number }> {
  let [sum, maybeAbsent, maybeExtra] = [0, 0, 0];
  for (const { comparison, confirmed } of found) {
    // Of this pass alone: in a rekeyed table the other one's keys are of other columns.
    const seen = new Set<string>();
    maybeAbsent += confirmed.unknown.absent;
    maybeExtra += confirmed.unknown.extra;
    const now = comparison.through(source, target);
    const settled = confirmed.differences.filter((difference) => {
      const text = differenceKey(difference);
      if (seen.has(text) || isMoving(difference)) return false;
      seen.add(text);
      return true;
    });
    for (let i = 0; i < settled.length; i += KEYS_PER_STATEMENT) {
      for (const { kind, onTarget } of (await now.lookAgain(settled.slice(i, i + KEYS_PER_STATEMENT)))
        .still) {
        if (kind === "extra") sum += 1;
        else if (kind === "missing" || onTarget === "absent") sum -= 1;
        else if (onTarget === "unknown") maybeAbsent += 1;
      }
    }
  }
  return { sum, maybeAbsent, maybeExtra };
}
