import type { Change, Key } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import { readByKey } from "../contract/read-rows.ts";
import type { SplitTable, TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { keyOf } from "../journal/net.ts";
import type { Row } from "../row.ts";

/**
 * Makes the rows of the table that a rekeyed one is split into: one for each word of these changes' column, those that
 * are there already left alone, others of the same parent deleted. Does nothing for all other tables.
 */
export async function writeSplitRows(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  upserts: readonly Change[],
): Promise<void> {
  const { split } = table;
  if (split === undefined || upserts.length === 0) return;
  const { extra, missing } = await compareSplitRows(tx, dialect, table, split, upserts);
  if (extra.length > 0) {
    await dialect.deleteRows(
      tx,
      split,
      extra.map((row) => keyValues(split, row)),
      false,
    );
  }
  if (missing.length > 0) await dialect.writeRows(tx, split, missing, []);
}

/** Those of these changes whose split rows on the target are not the words of their column. */
export async function withOtherSplitRows(
  db: Queryable,
  dialect: Dialect,
  table: TablePlan,
  changes: readonly Change[],
): Promise<ReadonlySet<Change>> {
  const { split } = table;
  if (split === undefined || changes.length === 0) return new Set();
  const { extra, missing } = await compareSplitRows(db, dialect, table, split, changes);
  const parentOf = (row: Row): string => JSON.stringify(table.key.map(({ name }) => row[name] ?? null));
  const parents = new Set([...extra, ...missing].map(parentOf));
  return new Set(changes.filter((change) => parents.has(parentOf(parentKey(table, change)))));
}

async function compareSplitRows(
  db: Queryable,
  dialect: Dialect,
  table: TablePlan,
  split: SplitTable,
  changes: readonly Change[],
): Promise<{ readonly extra: readonly Row[]; readonly missing: readonly Row[] }> {
  const wanted = new Map(
    changes.flatMap((change) => rowsOf(table, split, change)).map((row) => [identity(split, row), row]),
  );
  const present = await readPresent(db, dialect, table, split, changes);
  return {
    extra: [...present].filter(([id]) => !wanted.has(id)).map(([, row]) => row),
    missing: [...wanted].filter(([id]) => !present.has(id)).map(([, row]) => row),
  };
}

function rowsOf(table: TablePlan, split: SplitTable, change: Change): readonly Row[] {
  const text = change.row[split.column];
  if (typeof text !== "string") return [];
  const words = text.split(/ +/).filter((word) => word !== "");
  return words.map((word) => ({ ...parentKey(table, change), [split.column]: word }));
}

function parentKey(table: TablePlan, change: Change): Row {
  const values = keyOf(table.key, change);
  return Object.fromEntries(table.key.map(({ name }, n) => [name, values[n] ?? null]));
}

async function readPresent(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  split: SplitTable,
  upserts: readonly Change[],
): Promise<ReadonlyMap<string, Row>> {
  const parents = new Set(table.key.map(({ name }) => name));
  const columns = split.key.map(({ target }) => target);
  const rows = await readByKey(
    { dialect, db: tx },
    split.target.name,
    columns,
    split.key.filter(({ name }) => parents.has(name)).map(({ target }) => target),
    upserts.map((change) => keyOf(table.key, change)),
  );
  return new Map(rows.map((row) => [identity(split, row), row]));
}

function keyValues(split: SplitTable, row: Row): Key {
  return split.key.map(({ name }) => row[name] ?? null);
}

function identity(split: SplitTable, row: Row): string {
  return JSON.stringify(keyValues(split, row));
}
