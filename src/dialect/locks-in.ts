import type { HolderFacts, TableLock } from "../contract/dialect.ts";
import type { ResultRow } from "../db/database.ts";

/**
 * Locks on whole tables, by table, from a row for each holder. Columns: "name" the table, "holder", "user", "unreadable" whether
 * readers wait for it as well (1 or t).
 */
export function locksIn(rows: readonly ResultRow[]): ReadonlyMap<string, TableLock> {
  const locks = new Map<string, TableLock>();
  for (const row of rows) {
    const name = String(row["name"]);
    const { holders, isUnreadable } = locks.get(name) ?? { holders: [], isUnreadable: false };
    const holder: HolderFacts = {
      holder: String(row["holder"]),
      ...(row["user"] == null ? {} : { user: String(row["user"]) }),
    };
    locks.set(name, {
      holders: [...holders, holder],
      isUnreadable: isUnreadable || /^(1|t)$/.test(String(row["unreadable"])),
    });
  }
  return locks;
}

/** The same of what the views show; none where the user may not read them. */
export async function shownLocks(
  read: () => Promise<readonly ResultRow[]>,
  isHidden: (error: unknown) => boolean,
): Promise<ReadonlyMap<string, TableLock>> {
  try {
    return locksIn(await read());
  } catch (error) {
    if (!isHidden(error)) throw error;
    return new Map();
  }
}
