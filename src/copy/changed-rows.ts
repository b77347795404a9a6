import type { Change, Key, Position } from "../contract/change.ts";
import type { Hole } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { appearedIn } from "../journal/appeared.ts";
import { type JournalSide, journalAfter, journalAt } from "../journal/journal-after.ts";
import { equalityClass } from "../journal/key-equality.ts";
import { sourceKeyOf } from "../journal/net.ts";

export interface ChangedSince {
  /** What was applied before the page was read. */
  readonly after: Position;
  /** What is applied now; the checkpoint is locked. */
  readonly upTo: Position;
  /** Holes that were passed and still watched before the page was read: what appears there is applied out of its turn. */
  readonly passed: readonly Hole[];
}

/**
 * Which rows of the source have a change that a run may have applied since a page was read: what the page shows of them
 * may be older than what the target was given, also of a row that was deleted. Keys that the source might take for equal
 * count as one. Changes beyond `upTo` do not matter: a run applies them after whatever is written now. Undefined when `purge` has taken some of them
 * away: the page is to be read again.
 */
export async function changedRows(
  source: JournalSide,
  table: TablePlan,
  { after, upTo, passed }: ChangedSince,
): Promise<((key: Key) => boolean) | undefined> {
  const columns = table.key.map((column) => column.source);
  const classOf = (key: Key): string => equalityClass(columns, key);
  const changed = new Set<string>();
  const note = (change: Change): void => {
    changed.add(classOf(sourceKeyOf(table.key, change)));
  };
  for await (const changes of journalAfter(source, table, after, upTo)) {
    if (changes.some(({ action }) => action === "PURGE")) return undefined;
    changes.forEach(note);
  }
  if (passed.length > 0) {
    const appeared = await appearedIn(source, table.names.journal, passed);
    (await journalAt(source, table, appeared)).forEach(note);
  }
  // Asked for with every row, and beside an idle run there is none.
  if (changed.size === 0) return () => false;
  return (key) => changed.has(classOf(key));
}
