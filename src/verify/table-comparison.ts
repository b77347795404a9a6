import { withOtherSplitRows } from "../apply/split-rows.ts";
import { isClaim } from "../apply/user-claims.ts";
import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Queryable } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";
import { type Change, type Key, leavesRow } from "../journal/change.ts";
import { exactKey } from "../journal/key-equality.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { Row } from "../row.ts";
import type { RowSource } from "../transform/row-source.ts";
import { type ComparisonRules, comparable, differingColumns } from "./compare-values.ts";
import { findByKey, keyIn, type RowSet, readKeys, readRange } from "./read-rows.ts";
import { createSourceIds, type ScanOptions } from "./source-ids.ts";

/**
 * missing: only the source has the row; extra: only the target; different: both, and columns differ;
 * untransformable: the source's row cannot be made a row of the target.
 */
export type DifferenceKind = "missing" | "extra" | "different" | "untransformable";

/** One row that is not on both sides alike. The key's values are for our own use: see key-label.ts. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The target's key when the row is "extra", else the source's: in a rekeyed table they are of different columns. */
  readonly key: Key;
  /** "different": the columns, in upper case. */
  readonly columns: readonly string[];
  /** "untransformable": why, without values. */
  readonly reason?: string;
}

export interface ComparisonOptions {
  readonly table: TablePlan;
  readonly source: Side;
  readonly target: { readonly dialect: Dialect; readonly db: Queryable };
  readonly rows: RowSource;
  readonly isSameSecret?: ComparisonRules["isSameSecret"];
  /** Changes of the table are captured: a journal and a checkpoint are there. */
  readonly isCaptured: boolean;
}

export interface Page {
  readonly rows: number;
  /** Where the next page starts; undefined after the last one. */
  readonly next: Key | undefined;
  readonly differences: readonly Difference[];
}

/** Looks at both sides of one table as they are at this moment; what is on its way is not known here. */
export interface TableComparison {
  /** Rows of the source, the next ones in its order of the key, against the target. */
  sourcePage(after: Key | undefined, limit: number): Promise<Page>;
  /** To be awaited once before the first page of the target. */
  beforeTarget(options: ScanOptions): Promise<void>;
  /** Keys of the target, the next ones in its order, that the source lacks. */
  targetPage(after: Key | undefined, limit: number): Promise<Page>;
  /** What is left of these differences as the sides are now. */
  compareAgain(differences: readonly Difference[]): Promise<readonly Difference[]>;
  /** The source's rows of these differences as changes without a journal, for writing them again. */
  readChanges(differences: readonly Difference[]): Promise<readonly Change[]>;
  /** Why a row that seems to be extra must not be deleted all the same. */
  readonly doubt: string | undefined;
}

export function compareTable(options: ComparisonOptions): TableComparison {
  const { table, source, target, rows } = options;
  const sourceKey = table.key.map((column) => column.source);
  const targetKey = table.key.map((column) => column.target);
  const onSource = (columns: RowSet["columns"]): RowSet => ({
    ...source,
    table: table.source.name,
    key: sourceKey,
    columns,
  });
  const onTarget = (columns: RowSet["columns"]): RowSet => ({
    ...target,
    table: table.target.name,
    key: targetKey,
    columns,
  });
  const sourceRows = onSource(table.sourceColumns.map((column) => column.source));
  const targetRows = onTarget(table.targetColumns.map((column) => column.target));
  const sourceKeys = onSource(sourceKey);
  const targetKeys = onTarget(targetKey);
  const rules: ComparisonRules = {
    target: target.dialect,
    emptyIsNull:
      source.dialect.capabilities.emptyStringIsNull || target.dialect.capabilities.emptyStringIsNull,
    ignore: rows.keepOnUpdate,
    isSameSecret: options.isSameSecret,
  };
  const keyText = (key: Key): string =>
    JSON.stringify(targetKey.map((column, i) => comparable(column, rules, key[i] ?? null)));

  const sourceIds = table.isRekeyed ? createSourceIds(options, sourceKeys) : undefined;

  async function asChanges(page: readonly Row[]): Promise<readonly Change[]> {
    const changes = page.map(asChange);
    const resolved = (await rows.resolveKeys?.(changes)) ?? changes;
    return (await rows.markLeftOut?.(resolved)) ?? resolved;
  }

  /** Rows that the target is not to have are no difference, there or not. */
  async function againstTarget(all: readonly Change[]): Promise<readonly Difference[]> {
    const changes = all.filter(leavesRow);
    const rowFor = await rows.prepare(changes);
    const differences: Difference[] = [];
    const expected: { readonly change: Change; readonly key: Key; readonly row: Row }[] = [];
    for (const change of changes) {
      const key = keyIn(sourceKeys, change.row);
      try {
        expected.push({ change, key, row: rowFor(change) });
      } catch (error) {
        if (!(error instanceof SyncError) || error.code !== "TRANSFORM_FAILED") throw error;
        const reason = error.message.replace(/^.*? cannot be transformed: /s, "");
        differences.push({ kind: "untransformable", key, columns: [], reason });
      }
    }
    const found = await findByKey(
      targetRows,
      expected.map(({ row }) => keyIn(targetKeys, row)),
      keyText,
    );
    const present = expected.flatMap(({ change }, i) => (found[i] === undefined ? [] : [change]));
    const otherSplit = await withOtherSplitRows(target.db, target.dialect, table, present);
    for (const [i, { change, key, row }] of expected.entries()) {
      const there = found[i];
      if (there === undefined) {
        differences.push({ kind: "missing", key, columns: [] });
        continue;
      }
      const split = table.split !== undefined && otherSplit.has(change) ? [table.split.column] : [];
      const columns = [...differingColumns(table, rules, row, there), ...split];
      if (columns.length > 0) differences.push({ kind: "different", key, columns });
    }
    return differences;
  }

  async function withoutSource(keys: readonly Key[]): Promise<readonly Difference[]> {
    return (await lacking(keys)).map((key) => ({ kind: "extra", key, columns: [] }));
  }

  async function lacking(keys: readonly Key[]): Promise<readonly Key[]> {
    if (keys.length === 0) return [];
    if (sourceIds !== undefined) return await sourceIds.lacking(keys);
    const found = await findByKey(sourceKeys, keys, keyText);
    const extra = keys.filter((_, i) => found[i] === undefined);
    const claims = await claimsAmong(extra);
    return extra.filter((key) => !claims.has(keyText(key)));
  }

  /** A key may have become another kind of difference: both sides of all of them are looked at. */
  async function compareKeys(here: readonly Key[], there: readonly Key[]): Promise<readonly Difference[]> {
    const differences = await againstTarget(await asChanges(await readKeys(sourceRows, here)));
    const present = await readKeys(targetKeys, there);
    return [...differences, ...(await withoutSource(present.map((row) => keyIn(targetKeys, row))))];
  }

  /** Claims that the migration, or the run, made of users are no rows of the source. */
  async function claimsAmong(keys: readonly Key[]): Promise<ReadonlySet<string>> {
    if (table.holdsClaims !== true) return new Set();
    const rows = await readKeys(targetRows, keys);
    return new Set(rows.filter(isClaim).map((row) => keyText(keyIn(targetKeys, row))));
  }

  return {
    async sourcePage(after, limit) {
      const page = await readRange(sourceRows, after, limit);
      return {
        ...ends(sourceKeys, page, limit),
        differences: await againstTarget(await asChanges(page)),
      };
    },
    async beforeTarget(how) {
      await sourceIds?.scan(how);
    },
    async targetPage(after, limit) {
      if (sourceIds !== undefined && options.isCaptured) {
        const { checkpoint } = table.targetNames;
        await sourceIds.lacking([], (await readCheckpoint(target.db, target.dialect, checkpoint))?.position);
      }
      const page = await readRange(targetKeys, after, limit);
      const keys = page.map((row) => keyIn(targetKeys, row));
      return { ...ends(targetKeys, page, limit), differences: await withoutSource(keys) };
    },
    async compareAgain(differences) {
      const keys = differences.map(({ key }) => key);
      if (!table.isRekeyed) return await compareKeys(keys, keys);
      const [here, there] = byKind(differences);
      return await compareKeys(here, there);
    },
    async readChanges(differences) {
      const keys = table.isRekeyed ? byKind(differences)[0] : differences.map(({ key }) => key);
      return await asChanges(await readKeys(sourceRows, keys));
    },
    get doubt() {
      return sourceIds?.doubt;
    },
  };
}

/** Keys of the source, and keys of the target. */
function byKind(differences: readonly Difference[]): readonly [readonly Key[], readonly Key[]] {
  const keys = (isExtra: boolean): readonly Key[] =>
    differences.filter(({ kind }) => (kind === "extra") === isExtra).map(({ key }) => key);
  return [keys(false), keys(true)];
}

/** A change that no journal holds: its position only tells it from the others. */
function asChange(row: Row, i: number): Change {
  return { position: BigInt(i + 1), action: "UPDATE", row };
}

function ends(set: RowSet, page: readonly Row[], limit: number): Pick<Page, "rows" | "next"> {
  const last = page.at(-1);
  return {
    rows: page.length,
    next: last === undefined || page.length < limit ? undefined : keyIn(set, last),
  };
}

/** Text of a difference's key, to tell it from others. */
export const differenceKey = ({ key }: Difference): string => exactKey(key);
