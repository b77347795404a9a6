import type { Side } from "../contract/side.ts";
/** Keeps a deletion from taking along, by the target's cascades, rows that the source still has. */

import type { Key } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { CascadeLink } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { exactKey } from "../journal/key-equality.ts";
import { findKeys } from "./find-keys.ts";

/** The deletion has to wait: rows that refer to the row on the target no longer do on the source. */
export class ChildrenLeft extends Error {
  readonly code = "CHILDREN_LEFT";
  readonly reason: string;

  constructor(child: string) {
    super("the source still has rows that would be deleted along");
    this.reason = `rows of ${child} that still refer to it would be deleted along, and the source has them elsewhere`;
  }
}

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
  // The links of a table that refers to itself go round and round.
  if (keys.length === 0) return;
  for (const { child, columns, below } of links) {
    if (below.length === 0 || child.isRekeyed) continue;
    const isNew = (key: Key): boolean => !seen.has(`${child.name} ${exactKey(key)}`);
    const own = child.key.map((column) => column.target);
    const search = { table: child.target.name, own, by: columns };
    const referring = (await findKeys(target.tx, target.dialect, search, keys)).filter(isNew);
    for (const key of referring) seen.add(`${child.name} ${exactKey(key)}`);
    const there = child.key.map((column) => column.source);
    const sameRows = { table: child.source.name, own: there, by: there };
    if ((await findKeys(source.db, source.dialect, sameRows, referring)).length > 0)
      throw new ChildrenLeft(child.name);
    await spareChildren(source, target, below, referring, seen);
  }
}
