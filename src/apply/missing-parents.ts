import { type Change, type Key, leavesRow } from "../contract/change.ts";
import { readByKey, valuesIn } from "../contract/read-rows.ts";
import type { Side } from "../contract/side.ts";
import type { ParentLink, TablePlan } from "../contract/sync-plan.ts";
import type { Column, TableSchema } from "../contract/table-schema.ts";
import type { Queryable } from "../db/database.ts";
import { equalityClass, exactKey } from "../journal/key-equality.ts";
import type { Row } from "../row.ts";

/**
 * Why a row's foreign key finds no parent on the target. "gone": the source has no such parent any more either, so the
 * row itself was deleted there since, by a cascade. "not written": the parent is a synced table's row that has not
 * arrived, or was dropped. "missing": the source has it, the target does not, and nothing brings it. "there": none is
 * missing any more.
 */
export interface ParentVerdict {
  readonly verdict: "gone" | "not written" | "missing" | "there";
  /** The foreign key that the verdict is about, and its values. */
  readonly link?: ParentLink;
  readonly key: Key;
}

/** Judges a row that the target refused for a foreign key. */
export async function judgeParents(
  source: Side,
  target: { readonly dialect: Side["dialect"]; readonly tx: Queryable },
  table: TablePlan,
  row: Row,
): Promise<ParentVerdict> {
  for (const link of table.parents) {
    const key = link.columns.map((column) => row[column] ?? null);
    if (key.includes(null)) continue;
    if (await exists("target", { dialect: target.dialect, db: target.tx }, link, key)) continue;
    if ((await exists("source", source, link, key)) === false) return { verdict: "gone", link, key };
    return { verdict: link.synced ? "not written" : "missing", link, key };
  }
  return { verdict: "there", key: [] };
}

/**
 * Parents by the foreign keys of a plan: the catalogue is asked once, not for each row that is refused. Reading it is
 * slow, and MariaDB 10.11.19 crashes when the connection is killed meanwhile (ha_maria::drop_table).
 */
const PARENTS = {
  source: new WeakMap<ParentLink, TableSchema>(),
  target: new WeakMap<ParentLink, TableSchema>(),
};

async function parentOf(
  where: "source" | "target",
  side: Side,
  link: ParentLink,
): Promise<TableSchema | undefined> {
  const known = PARENTS[where].get(link);
  if (known !== undefined) return known;
  const [parent] = await side.dialect.introspector.tables(side.db, [link.parent]);
  if (parent !== undefined) PARENTS[where].set(link, parent);
  return parent;
}

async function exists(
  where: "source" | "target",
  side: Side,
  link: ParentLink,
  key: Key,
): Promise<boolean | undefined> {
  const parent = await parentOf(where, side, link);
  if (parent === undefined) return false;
  const columns = columnsOf(parent, link);
  if (columns === undefined) return undefined;
  return (await readByKey(side, parent.name, columns, columns, [key])).length > 0;
}

/** The parent's columns that a foreign key names; undefined for a rekeyed parent, which is not known by them there. */
function columnsOf(parent: TableSchema, link: ParentLink): readonly Column[] | undefined {
  const columns = link.parentColumns.flatMap((name) => find(parent, name));
  return columns.length < link.parentColumns.length ? undefined : columns;
}

/**
 * Changes without those whose parent is gone from both sides: the row was deleted since, by a cascade. Two statements
 * for each foreign key, however many rows there are. Keys that a database could take for equal count as equal: what is
 * left may still lack its parent, but nothing is left out that has one.
 */
export async function withoutOrphans(
  source: Side,
  target: Side,
  table: TablePlan,
  changes: readonly Change[],
  rowFor: (change: Change) => Row | undefined,
): Promise<readonly Change[]> {
  let kept = changes;
  for (const link of table.parents) {
    const keys = new Map<Change, Key>();
    for (const change of kept) {
      const row = leavesRow(change) ? rowFor(change) : undefined;
      const key = link.columns.map((column) => row?.[column] ?? null);
      if (!key.includes(null)) keys.set(change, key);
    }
    const missing = await absent("target", target, link, [...keys.values()]);
    const gone = new Set(await absent("source", source, link, missing));
    kept = kept.filter((change) => !gone.has(keys.get(change) ?? NO_KEY));
  }
  return kept;
}

const NO_KEY: Key = [];

/** Those of the keys that no row of the parent has; none where that cannot be said. */
async function absent(
  where: "source" | "target",
  side: Side,
  link: ParentLink,
  keys: readonly Key[],
): Promise<readonly Key[]> {
  if (keys.length === 0) return [];
  const parent = await parentOf(where, side, link);
  const columns = parent === undefined ? undefined : columnsOf(parent, link);
  if (parent === undefined || columns === undefined) return [];
  const distinct = new Map(keys.map((key) => [exactKey(key), key]));
  const rows = await readByKey(side, parent.name, columns, columns, [...distinct.values()]);
  const found = new Set(rows.map((row) => equalityClass(columns, valuesIn(columns, row))));
  return keys.filter((key) => !found.has(equalityClass(columns, key)));
}

function find(table: TableSchema, name: string): readonly Column[] {
  return table.columns.filter((column) => column.name.toUpperCase() === name);
}
