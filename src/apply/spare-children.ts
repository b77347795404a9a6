/** Keeps a deletion from taking along, by the target's cascades, rows that the source still has. */
import type { Queryable } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import type { Key } from "../journal/change.ts";
import { exactKey } from "../journal/key-equality.ts";
import type { Side } from "../plan/build-plan.ts";
import type { CascadeLink } from "../plan/sync-plan.ts";

/** The deletion has to wait: rows that refer to the row on the target no longer do on the source. */
export class ChildrenLeft extends Error {
  readonly code = "CHILDREN_LEFT";
  readonly reason: string;

  constructor(child: string) {
    super("the source still has rows that would be deleted along");
    this.reason = `rows of ${child} that still refer to it would be deleted along, and the source has them elsewhere`;
  }
}

/** Keys asked for by one statement. */
const KEYS_PER_LOOK = 500;

/**
 * Throws ChildrenLeft when a cascade of these deletions would reach a row that the source has: it was moved to another
 * parent there, which its own journal will tell. It would come back then, but not the rows below it, of which no
 * journal tells anything. Rows that have none below them are not looked at.
 */
export async function spareChildren(
  source: Side,
  target: { readonly dialect: Dialect; readonly tx: Queryable },
  links: readonly CascadeLink[],
  keys: readonly Key[],
  seen: Set<string> = new Set(),
): Promise<void> {
  for (const { child, columns, below } of links) {
    if (below.length === 0 || child.isRekeyed) continue;
    const own = child.key.map((column) => column.target);
    const isNew = (key: Key): boolean => !seen.has(`${child.name} ${exactKey(key)}`);
    for (let i = 0; i < keys.length; i += KEYS_PER_LOOK) {
      const { sql, params } = target.dialect.sql.readRows(
        child.target.name,
        own,
        columns,
        keys.slice(i, i + KEYS_PER_LOOK),
      );
      const referring = (await target.tx.query(sql, params))
        .map(
          (raw): Key =>
            own.map((column) => target.dialect.codec.decode(column, raw[column.name.toUpperCase()])),
        )
        .filter(isNew);
      for (const key of referring) seen.add(`${child.name} ${exactKey(key)}`);
      if (await hasAny(source, child, referring)) throw new ChildrenLeft(child.name);
      await spareChildren(source, target, below, referring, seen);
    }
  }
}

async function hasAny({ dialect, db }: Side, { source, key }: CascadeLink["child"], keys: readonly Key[]) {
  const columns = key.map((column) => column.source);
  for (let i = 0; i < keys.length; i += KEYS_PER_LOOK) {
    const { sql, params } = dialect.sql.readRows(
      source.name,
      columns,
      columns,
      keys.slice(i, i + KEYS_PER_LOOK),
    );
    if ((await db.query(sql, params)).length > 0) return true;
  }
  return false;
}
