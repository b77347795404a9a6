import type { Side } from "../contract/side.ts";
/** Rows that a policy dropped come whole when they come after all: with the children that were dropped with them. */

import { type Change, type Key, leavesRow } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { ParentLink, TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { equalityClass, exactKey } from "../journal/key-equality.ts";
import { keyOf, sourceKeyOf } from "../journal/net.ts";
import type { Row } from "../row.ts";
import { applyChanges, type RowFor } from "./applier.ts";
import { asRefusal } from "./as-refusal.ts";
import { findKeys } from "./find-keys.ts";
import { readSourceRows } from "./read-source-rows.ts";

/** A synced table whose rows refer to those of another one. */
export interface ChildTable {
  readonly table: TablePlan;
  readonly link: ParentLink;
  /** Its own children. */
  readonly children: () => readonly ChildTable[];
  readonly rows: {
    readonly resolveKeys?: (changes: readonly Change[]) => Promise<readonly Change[]>;
    readonly markLeftOut?: (changes: readonly Change[]) => Promise<readonly Change[]>;
    readonly keepOnUpdate: readonly string[];
    prepare(changes: readonly Change[]): Promise<RowFor>;
  };
}

/** Writes, after these rows, the children that were found for them. */
export type BringAlong = (tx: Queryable, upserts: readonly Change[]) => Promise<void>;

interface Family {
  readonly child: ChildTable;
  readonly changes: ReadonlyMap<Change, readonly Change[]>;
  readonly rowFor: RowFor;
  readonly below: BringAlong | undefined;
}

/**
 * Finds, for changed rows that the target does not hold, their children on the source as they are now; whatever becomes of
 * these later stands in their own journal. A row that was new on the source in the same changes has its children there
 * as well. To be asked before the transaction in which the rows are written: it needs connections of its own. Undefined
 * when there are none.
 */
export async function findChildrenAlong(
  source: Side,
  target: Side,
  table: TablePlan,
  changes: readonly Change[],
  rowFor: RowFor,
  children: readonly ChildTable[],
): Promise<BringAlong | undefined> {
  if (children.length === 0) return undefined;
  const absent = await absentRows(
    target,
    table,
    changes.filter((change) => change.action === "UPDATE" && leavesRow(change)),
  );
  return await findChildren({ source, dialect: target.dialect, seen: new Set() }, absent, rowFor, children);
}

interface Search {
  readonly source: Side;
  readonly dialect: Dialect;
  /** Rows found so far, by table and key: a table that refers to itself may do so in a circle. */
  readonly seen: Set<string>;
}

async function findChildren(
  search: Search,
  parents: readonly Change[],
  rowFor: RowFor,
  children: readonly ChildTable[],
): Promise<BringAlong | undefined> {
  const { dialect } = search;
  if (parents.length === 0) return undefined;
  const families: Family[] = [];
  for (const child of children) {
    const family = await readFamily(search, parents, rowFor, child);
    if (family !== undefined) families.push(family);
  }
  if (families.length === 0) return undefined;
  return async (tx, upserts) => {
    for (const { child, changes, rowFor: childRow, below } of families) {
      const own = upserts.flatMap((parent) => changes.get(parent) ?? []);
      if (own.length === 0) continue;
      const rules = {
        keepOnUpdate: child.rows.keepOnUpdate,
        ...(below === undefined ? {} : { bringAlong: below }),
      };
      await applyChanges(tx, dialect, child.table, own, childRow, rules);
    }
  };
}

async function absentRows(
  { dialect, db }: Side,
  table: TablePlan,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  const own = table.key.map(({ target }) => target);
  const keys = changes.map((change) => keyOf(table.key, change));
  const found = await findKeys(db, dialect, { table: table.target.name, own, by: own }, keys);
  const present = new Set(found.map((key) => equalityClass(own, key)));
  return changes.filter((_, i) => !present.has(equalityClass(own, keys[i] ?? [])));
}

async function readFamily(
  { source, dialect, seen }: Search,
  parents: readonly Change[],
  rowFor: RowFor,
  child: ChildTable,
): Promise<Family | undefined> {
  const { table, link, rows } = child;
  const by = link.columns.flatMap((name) =>
    table.sourceColumns.filter((column) => column.name === name).map((column) => column.source),
  );
  // A rekeyed parent is known by another column there.
  if (by.length < link.columns.length) return undefined;
  const classOf = (key: Key): string => equalityClass(by, key);
  const byKey = new Map<string, { readonly key: Key; readonly parents: Change[] }>();
  for (const parent of parents) {
    const row = rowIfAny(dialect, rowFor, parent);
    const key = link.parentColumns.map((column) => row?.[column] ?? null);
    if (key.includes(null)) continue;
    const same = byKey.get(classOf(key)) ?? { key, parents: [] };
    same.parents.push(parent);
    byKey.set(classOf(key), same);
  }
  const keys = [...byKey.values()].map(({ key }) => key);
  const found = await readSourceRows(source, table, by, keys, "INSERT");
  const isNew = (change: Change): boolean => {
    const id = `${table.name} ${exactKey(sourceKeyOf(table.key, change))}`;
    return !seen.has(id) && seen.add(id) !== undefined;
  };
  const fresh = found.filter(isNew);
  const resolved = (await rows.resolveKeys?.(fresh)) ?? fresh;
  const changes = ((await rows.markLeftOut?.(resolved)) ?? resolved).filter(leavesRow);
  const families = new Map<Change, Change[]>();
  for (const change of changes) {
    const key = by.map((column) => change.row[column.name.toUpperCase()] ?? null);
    for (const parent of byKey.get(classOf(key))?.parents ?? [])
      families.set(parent, [...(families.get(parent) ?? []), change]);
  }
  if (families.size === 0) return undefined;
  const childRow = await rows.prepare(changes);
  const below = await findChildren({ source, dialect, seen }, changes, childRow, child.children());
  return { child, changes: families, rowFor: childRow, below };
}

/** What becomes of a row that cannot be transformed is decided when its turn comes. */
function rowIfAny(dialect: Dialect, rowFor: RowFor, change: Change): Row | undefined {
  try {
    return rowFor(change);
  } catch (error) {
    if (asRefusal(dialect, error) === undefined) throw error;
    return undefined;
  }
}
