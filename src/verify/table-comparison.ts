import { withOtherSplitRows } from "../apply/split-rows.ts";
import { isClaim } from "../apply/user-claims.ts";
import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Change, Key } from "../contract/change.ts";
import type { Queryable } from "../db/database.ts";
import { exactKey } from "../journal/key-equality.ts";
import { keyOf } from "../journal/net.ts";
import type { Row } from "../row.ts";
import type { ComparisonOptions } from "./comparison-options.ts";
import type { Difference, Direction } from "./difference.ts";
import { rowClass } from "./pending-keys.ts";
import { findByKey, keyIn, type RowSet, readKeys, readRange } from "./read-rows.ts";
import { createRowComparison, type Expected, type RowComparison, untransformable } from "./row-comparison.ts";
import { createSourceIds, type ScanOptions, type SourceIds } from "./source-ids.ts";

export interface Page {
  readonly rows: number;
  /** Where the next page starts; undefined after the last one. */
  readonly next: Key | undefined;
  readonly differences: readonly Difference[];
  /** Keys of rows of the source that the target is not to have. */
  readonly leftOut: readonly Key[];
}

/** What a second look at differences showed. */
export interface SecondLook {
  /** Differences that are there now; of those that were looked at, or what became of them. */
  readonly still: readonly Difference[];
  /** Those whose row its own side no longer finds by its key. It was deleted, or else it cannot be found by its key. */
  readonly vanished: readonly Difference[];
}

/** Looks at both sides of one table as they are at this moment; what is on its way is not known here. */
export interface TableComparison {
  /** How rows are compared that were read in order. */
  readonly ofRows: RowComparison;
  /** Rows of the source, the next ones in its order of the key, against the target. */
  sourcePage(after: Key | undefined, limit: number): Promise<Page>;
  /** To be awaited once before the first page of the target. */
  beforeTarget(options: ScanOptions): Promise<void>;
  /** Keys of the target, the next ones in its order, that the source lacks. */
  targetPage(after: Key | undefined, limit: number): Promise<Page>;
  /** Finds the rows of these differences by their keys, and compares them as they are now. */
  lookAgain(differences: readonly Difference[]): Promise<SecondLook>;
  /**
   * Those of the keys that a side shows among the rows in order after `start`, as when they were found first: without
   * asking for a key. `limit`: rows of a page then; a few pages are read, since rows may have come between.
   */
  shows(
    side: Direction,
    start: Key | undefined,
    keys: readonly Key[],
    limit: number,
  ): Promise<ReadonlySet<Key>>;
  /** The source's rows of these differences as changes without a journal, for writing them again. */
  readChanges(differences: readonly Difference[]): Promise<readonly Change[]>;
  /** The same looks, through other connections. */
  through(source: Queryable, target: Queryable): TableComparison;
  /** Why a row that seems to be extra must not be deleted all the same. */
  readonly doubt: string | undefined;
}

/** So many pages are read to see a row again that was on one of them. */
const PAGES_AGAIN = 4;

/** `known`: the ids that a comparison of the same table has read already, in a rekeyed table. */
export function compareTable(options: ComparisonOptions, known?: SourceIds): TableComparison {
  const { table, source, target } = options;
  const ofRows = createRowComparison(options);
  const { keys, rows, keyText } = ofRows;
  const classOf = rowClass(table);
  const sourceIds = table.isRekeyed ? (known ?? createSourceIds(options, keys.source)) : undefined;

  async function againstTarget(page: readonly Expected[]): Promise<readonly Difference[]> {
    const all = page.filter(({ isLeftOut }) => isLeftOut !== true);
    const lost = all.filter(({ row }) => row === undefined);
    const lostThere = await findByKey(
      keys.target,
      lost.map(({ change }) => keyOf(table.key, change)),
      keyText,
    );
    const differences = lost.map(({ change: { keyFailure }, key, reason }, i) =>
      untransformable(
        key,
        reason,
        keyFailure !== undefined ? "unknown" : lostThere[i] === undefined ? "absent" : "there",
      ),
    );
    const good = all.filter(({ row }) => row !== undefined);
    const found = await findByKey(rows.target, good.map(ofRows.targetKey), keyText);
    const present = good.flatMap(({ change }, i) => (found[i] === undefined ? [] : [change]));
    const otherSplit = await withOtherSplitRows(target.db, target.dialect, table, present);
    for (const [i, expected] of good.entries()) {
      const { key, change } = expected;
      const there = found[i];
      if (there === undefined) {
        differences.push({ kind: "missing", side: "source", key, columns: [] });
        continue;
      }
      const split = table.split !== undefined && otherSplit.has(change) ? [table.split.column] : [];
      const columns = [...(ofRows.compare(expected, there)?.columns ?? []), ...split];
      if (columns.length > 0) differences.push({ kind: "different", side: "source", key, columns });
    }
    return differences;
  }

  async function withoutSource(targetKeys: readonly Key[]): Promise<readonly Difference[]> {
    return (await lacking(targetKeys)).map((key) => ({ kind: "extra", side: "target", key, columns: [] }));
  }

  async function lacking(targetKeys: readonly Key[]): Promise<readonly Key[]> {
    if (targetKeys.length === 0) return [];
    if (sourceIds !== undefined) return await sourceIds.lacking(targetKeys);
    const found = await findByKey(keys.source, targetKeys, keyText);
    const extra = targetKeys.filter((_, i) => found[i] === undefined);
    const claims = await claimsAmong(extra);
    return extra.filter((key) => !claims.has(keyText(key)));
  }

  /** A key may have become another kind of difference: both sides of all of them are looked at. */
  async function lookAgain(differences: readonly Difference[]): Promise<SecondLook> {
    const [here, there] = keysOfSides(differences);
    const rowsHere = await readKeys(rows.source, here);
    const differing = await againstTarget(await ofRows.expect(rowsHere));
    const keysThere = (await readKeys(keys.target, there)).map((row) => keyIn(keys.target, row));
    const found = new Set([
      ...rowsHere.map((row) => `source ${classOf({ side: "source", key: keyIn(keys.source, row) })}`),
      ...keysThere.map((key) => `target ${classOf({ side: "target", key })}`),
    ]);
    return {
      still: [...differing, ...(await withoutSource(keysThere))],
      vanished: differences.filter((difference) => !found.has(`${difference.side} ${classOf(difference)}`)),
    };
  }

  /** Keys to look for on the source and on the target; they are the same but in a rekeyed table. */
  function keysOfSides(differences: readonly Difference[]): readonly [readonly Key[], readonly Key[]] {
    if (table.isRekeyed !== true) {
      const all = differences.map(({ key }) => key);
      return [all, all];
    }
    const of = (side: Direction) => differences.flatMap((one) => (one.side === side ? [one.key] : []));
    return [of("source"), of("target")];
  }

  /** Claims that the migration, or the run, made of users are no rows of the source. */
  async function claimsAmong(targetKeys: readonly Key[]): Promise<ReadonlySet<string>> {
    if (table.holdsClaims !== true) return new Set();
    const found = await readKeys(rows.target, targetKeys);
    return new Set(found.filter(isClaim).map((row) => keyText(keyIn(keys.target, row))));
  }

  return {
    ofRows,
    async sourcePage(after, limit) {
      const page = await readRange(rows.source, after, limit);
      const expected = await ofRows.expect(page);
      const leftOut = expected.filter(({ isLeftOut }) => isLeftOut === true).map(({ key }) => key);
      const differences = await againstTarget(expected);
      return { ...ends(keys.source, page, limit), differences, leftOut };
    },
    async beforeTarget(how) {
      await sourceIds?.scan(how);
    },
    async targetPage(after, limit) {
      if (sourceIds !== undefined && options.isCaptured) {
        const { checkpoint } = table.targetNames;
        await sourceIds.lacking([], (await readCheckpoint(target.db, target.dialect, checkpoint))?.position);
      }
      const page = await readRange(keys.target, after, limit);
      const targetKeys = page.map((row) => keyIn(keys.target, row));
      return { ...ends(keys.target, page, limit), differences: await withoutSource(targetKeys), leftOut: [] };
    },
    lookAgain,
    async shows(side, start, wantedKeys, limit) {
      const wanted = new Map(wantedKeys.map((key) => [exactKey(key), key]));
      const shown = new Set<Key>();
      let after = start;
      for (let page = 0; page < PAGES_AGAIN && shown.size < wanted.size; page++) {
        const found = (await readRange(keys[side], after, limit)).map((row) => keyIn(keys[side], row));
        for (const key of found) {
          const one = wanted.get(exactKey(key));
          if (one !== undefined) shown.add(one);
        }
        if (found.length < limit) break;
        after = found.at(-1);
      }
      return shown;
    },
    async readChanges(differences) {
      return await ofRows.changesOf(await readKeys(rows.source, keysOfSides(differences)[0]));
    },
    through: (from, to) =>
      compareTable({ ...options, source: { ...source, db: from }, target: { ...target, db: to } }, sourceIds),
    get doubt() {
      return sourceIds?.doubt;
    },
  };
}

function ends(set: RowSet, page: readonly Row[], limit: number): Pick<Page, "rows" | "next"> {
  const last = page.at(-1);
  return {
    rows: page.length,
    next: last === undefined || page.length < limit ? undefined : keyIn(set, last),
  };
}
