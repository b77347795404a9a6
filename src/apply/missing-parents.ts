import type { Queryable } from "../db/database.ts";
import type { Column, TableSchema } from "../dialect/table-schema.ts";
import type { Change, Key } from "../journal/change.ts";
import type { Side } from "../plan/build-plan.ts";
import type { ParentLink, TablePlan } from "../plan/sync-plan.ts";
import type { Row } from "../row.ts";

/**
 * Why a row's foreign key finds no parent on the target. "gone": the source has no such parent any more either, so the
 * row itself was deleted there since, by a cascade. "kept out": the parent is a synced table's row that has not
 * arrived, or was kept out. "missing": the source has it, the target does not, and nothing brings it.
 */
export interface ParentVerdict {
  readonly verdict: "gone" | "kept out" | "missing";
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
    return { verdict: link.synced ? "kept out" : "missing", link, key };
  }
  // Every parent is there by now: somebody made it since.
  return { verdict: "kept out", key: [] };
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
  const columns = link.parentColumns.flatMap((name) => find(parent, name));
  // A rekeyed parent is not known by this key there: nothing can be said.
  if (columns.length < link.parentColumns.length) return undefined;
  const statement = side.dialect.sql.readRows(parent.name, columns, columns, [key]);
  return (await side.db.query(statement.sql, statement.params)).length > 0;
}

function find(table: TableSchema, name: string): readonly Column[] {
  return table.columns.filter((column) => column.name.toUpperCase() === name);
}

/** Whether the journal holds a later change of the same key: then this image is old and the later one decides. */
export async function hasLaterChange(
  source: Side,
  table: TablePlan,
  change: Change,
  key: Key,
): Promise<boolean> {
  const statement = source.dialect.sql.laterChange(table, change.position, key);
  return (await source.db.query(statement.sql, statement.params)).length > 0;
}
