import { isClaim } from "../apply/user-claims.ts";
import type { Queryable } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";
import type { Change, Key } from "../journal/change.ts";
import { exactKey } from "../journal/key-equality.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { Row } from "../row.ts";
import type { RowSource } from "../transform/row-source.ts";
import { type ComparisonRules, comparable, differingColumns } from "./compare-values.ts";
import { findByKey, keyIn, type RowSet, readKeys, readRange } from "./read-rows.ts";

/**
 * missing: only the source has the row; extra: only the target; different: both, and columns differ;
 * untransformable: the source's row cannot be made a row of the target.
 */
export type DifferenceKind = "missing" | "extra" | "different" | "untransformable";

/** One row that is not on both sides alike. The key's values are for our own use: see key-label.ts. */
export interface Difference {
  readonly kind: DifferenceKind;
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
  /** Keys of the target, the next ones in its order, that the source lacks. */
  targetPage(after: Key | undefined, limit: number): Promise<Page>;
  /** Both sides of these keys, read now. */
  compareKeys(keys: readonly Key[]): Promise<readonly Difference[]>;
  /** The source's rows of these keys as changes without a journal, for writing them again. */
  readChanges(keys: readonly Key[]): Promise<readonly Change[]>;
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
  const sourceRows = onSource(table.columns.map((column) => column.source));
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

  async function againstTarget(changes: readonly Change[]): Promise<readonly Difference[]> {
    const rowFor = await rows.prepare(changes);
    const differences: Difference[] = [];
    const expected: { readonly key: Key; readonly row: Row }[] = [];
    for (const change of changes) {
      const key = keyIn(sourceKeys, change.row);
      try {
        expected.push({ key, row: rowFor(change) });
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
    for (const [i, { key, row }] of expected.entries()) {
      const there = found[i];
      const columns = there === undefined ? [] : differingColumns(table, rules, row, there);
      if (there === undefined) differences.push({ kind: "missing", key, columns });
      else if (columns.length > 0) differences.push({ kind: "different", key, columns });
    }
    return differences;
  }

  async function withoutSource(keys: readonly Key[]): Promise<readonly Difference[]> {
    const found = await findByKey(sourceKeys, keys, keyText);
    const extra = keys.filter((_, i) => found[i] === undefined);
    const claims = await claimsAmong(extra);
    return extra
      .filter((key) => !claims.has(keyText(key)))
      .map((key): Difference => ({ kind: "extra", key, columns: [] }));
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
      return { ...ends(sourceKeys, page, limit), differences: await againstTarget(page.map(asChange)) };
    },
    async targetPage(after, limit) {
      const page = await readRange(targetKeys, after, limit);
      const keys = page.map((row) => keyIn(targetKeys, row));
      return { ...ends(targetKeys, page, limit), differences: await withoutSource(keys) };
    },
    async compareKeys(keys) {
      const here = await readKeys(sourceRows, keys);
      const there = await readKeys(targetKeys, keys);
      const differences = await againstTarget(here.map(asChange));
      return [...differences, ...(await withoutSource(there.map((row) => keyIn(targetKeys, row))))];
    },
    readChanges: async (keys) => (await readKeys(sourceRows, keys)).map(asChange),
  };
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
export const differenceKey = (difference: Difference): string => exactKey(difference.key);
