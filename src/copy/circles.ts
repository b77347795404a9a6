/** Rows of a table that refers to itself which refer to each other in a circle: none of them can be written first. */
import { applyChanges } from "../apply/applier.ts";
import type { Key } from "../contract/change.ts";
import { linksTo, type TablePlan } from "../contract/sync-plan.ts";
import { exactKey } from "../journal/key-equality.ts";
import type { Row } from "../row.ts";
import type { Expected } from "../verify/row-comparison.ts";

/** Rows of one page may be the parents of the next one's, which would be refused until the first is committed. */
export const refersToItself = (table: TablePlan): boolean => linksTo(table, table).length > 0;

const valuesOf = (row: Row, columns: readonly string[]): Key => columns.map((column) => row[column] ?? null);

/**
 * Those of the orphans whose parents are all among them: rows in a circle and what hangs on it. None where a reference
 * may not be empty, since nothing writes such rows one after the other.
 */
export function circlesAmong(table: TablePlan, orphans: readonly Expected[]): readonly Expected[] {
  const links = linksTo(table, table);
  const mayBeEmpty = new Set(
    table.targetColumns.flatMap(({ name, target }) => (target.nullable ? [name] : [])),
  );
  if (!links.every(({ columns }) => columns.every((column) => mayBeEmpty.has(column)))) return [];
  let left = orphans.filter(({ row }) => row !== undefined);
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    for (const { columns, parentColumns } of links) {
      const there = new Set(left.map(({ row = {} }) => exactKey(valuesOf(row, parentColumns))));
      left = left.filter(({ row = {} }) => {
        const parent = valuesOf(row, columns);
        return parent.includes(null) || there.has(exactKey(parent));
      });
    }
  }
  return left;
}

/**
 * Writes rows that are new to the target first without their references to their own table, then with them, since some
 * databases check each row by itself (MySQL, "FOREIGN KEY Constraints": InnoDB checks row by row, nothing is deferred).
 */
export const writeCircles: typeof applyChanges = async (tx, dialect, table, changes, rowFor, rules) => {
  const empty = Object.fromEntries(
    linksTo(table, table).flatMap(({ columns }) => columns.map((name) => [name, null])),
  );
  await applyChanges(tx, dialect, table, changes, (change) => ({ ...rowFor(change), ...empty }), rules);
  const { keepOnUpdate } = rules;
  await applyChanges(tx, dialect, table, changes, rowFor, { keepOnUpdate });
};
