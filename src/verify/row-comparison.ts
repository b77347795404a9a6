import { type Change, type Key, leavesRow } from "../contract/change.ts";
import { SyncError } from "../errors.ts";
import type { Row } from "../row.ts";
import { type ComparisonRules, comparable, rowComparer } from "./compare-values.ts";
import type { ComparisonOptions } from "./comparison-options.ts";
import type { Difference, Direction } from "./difference.ts";
import { keyIn, type RowSet } from "./read-rows.ts";

/** A row of the source as the target should have it. */
export interface Expected {
  readonly change: Change;
  /** The source's key. */
  readonly key: Key;
  /** The row as transformed; undefined when it cannot be, or is left out. */
  readonly row: Row | undefined;
  /** Why it cannot be transformed, without values. */
  readonly reason?: string;
  /** The target is not to have the row: it is no difference, there or not. */
  readonly isLeftOut?: true;
}

/** What rows of a table are to be like on both sides; it asks no database for any. */
export interface RowComparison {
  /** What is read of each side's rows, and of their keys alone. */
  readonly rows: Readonly<Record<Direction, RowSet>>;
  readonly keys: Readonly<Record<Direction, RowSet>>;
  /** A text that is the same for keys of the target that are the same. */
  keyText(key: Key): string;
  /** Rows of the source as changes without a journal; with the target's keys in a rekeyed table. */
  changesOf(page: readonly Row[]): Promise<readonly Change[]>;
  /** Transforms rows of the source; in a rekeyed table the target's keys are looked up. In their order. */
  expect(page: readonly Row[]): Promise<readonly Expected[]>;
  /** The key under which the target should have it. */
  targetKey(expected: Expected): Key;
  /** Undefined when the target's row is as expected. */
  compare(expected: Expected, row: Row): Difference | undefined;
}

export function createRowComparison(options: ComparisonOptions): RowComparison {
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
  const keys = { source: onSource(sourceKey), target: onTarget(targetKey) };
  const rules: ComparisonRules = {
    target: target.dialect,
    emptyIsNull:
      source.dialect.capabilities.emptyStringIsNull || target.dialect.capabilities.emptyStringIsNull,
    ignore: rows.keepOnUpdate,
    isSameSecret: options.isSameSecret,
  };
  const differing = rowComparer(table, rules);

  function keyText(key: Key): string {
    const [only, ...others] = targetKey;
    // Asked for with every row, and most keys are one column.
    if (only !== undefined && others.length === 0) return comparable(only, rules, key[0] ?? null) ?? "";
    return JSON.stringify(targetKey.map((column, i) => comparable(column, rules, key[i] ?? null)));
  }

  async function changesOf(page: readonly Row[]): Promise<readonly Change[]> {
    const changes = page.map(asChange);
    const resolved = (await rows.resolveKeys?.(changes)) ?? changes;
    return (await rows.markLeftOut?.(resolved)) ?? resolved;
  }

  return {
    rows: {
      source: onSource(table.sourceColumns.map((column) => column.source)),
      target: onTarget(table.targetColumns.map((column) => column.target)),
    },
    keys,
    changesOf,
    keyText,
    async expect(page) {
      const all = await changesOf(page);
      const rowFor = await rows.prepare(all.filter(leavesRow));
      return all.map((change): Expected => {
        const key = keyIn(keys.source, change.row);
        if (!leavesRow(change)) return { change, key, row: undefined, isLeftOut: true };
        try {
          return { change, key, row: rowFor(change) };
        } catch (error) {
          if (!(error instanceof SyncError) || error.code !== "TRANSFORM_FAILED") throw error;
          const reason = error.message.replace(/^.*? cannot be transformed: /s, "");
          return { change, key, row: undefined, reason };
        }
      });
    },
    targetKey: ({ key, row }) => (row === undefined ? key : keyIn(keys.target, row)),
    compare({ key, row, reason }, there) {
      if (row === undefined) return untransformable(key, reason, "there");
      const columns = differing(row, there);
      return columns.length === 0 ? undefined : { kind: "different", side: "source", key, columns };
    },
  };
}

export function untransformable(
  key: Key,
  reason: string | undefined,
  onTarget: Difference["onTarget"],
): Difference {
  return {
    kind: "untransformable",
    side: "source",
    key,
    columns: [],
    ...(reason === undefined ? {} : { reason }),
    ...(onTarget === undefined ? {} : { onTarget }),
  };
}

/** A change that no journal holds: its position only tells it from the others. */
export function asChange(row: Row, i: number): Change {
  return { position: BigInt(i + 1), action: "UPDATE", row };
}
