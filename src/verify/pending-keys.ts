import type { Key, Position } from "../contract/change.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { type JournalSide, journalAfter } from "../journal/journal-after.ts";
import { equalityClass } from "../journal/key-equality.ts";
import { keyOf, sourceKeyOf } from "../journal/net.ts";
import type { RowSource } from "../transform/row-source.ts";
import type { Difference } from "./difference.ts";

/** Tells a difference's row from all rows that neither database could take for it. */
export function rowClass(table: TablePlan): (difference: Pick<Difference, "side" | "key">) => string {
  const ofSource = table.key.map((column) => column.source);
  const ofTarget = table.key.map((column) => column.target);
  // Only in a rekeyed table are the two keys not one.
  return ({ side, key }) =>
    table.isRekeyed === true && side === "target"
      ? `id ${equalityClass(ofTarget, key)}`
      : `row ${equalityClass(ofSource, key)}`;
}

/**
 * Which of these differences the journal holds a change after a position of. A key that the database might take for
 * equal counts too. Reads the journal once, from the position to its end, in pages, and not at all for none.
 */
export async function pendingKeys(
  source: JournalSide,
  table: TablePlan,
  rows: RowSource,
  after: Position,
  differences: readonly Difference[],
): Promise<(difference: Difference) => boolean> {
  if (differences.length === 0) return () => false;
  const classOf = rowClass(table);
  const wanted = new Set(differences.map(classOf));
  const resolveKeys = differences.some(({ side }) => side === "target") ? rows.resolveKeys : undefined;
  const pending = new Set<string>();
  const note = (side: Difference["side"], key: Key): void => {
    const text = classOf({ side, key });
    if (wanted.has(text)) pending.add(text);
  };
  for await (const changes of journalAfter(source, table, after)) {
    for (const change of changes) note("source", sourceKeyOf(table.key, change));
    for (const change of (await resolveKeys?.(changes)) ?? []) note("target", keyOf(table.key, change));
  }
  return (difference) => pending.has(classOf(difference));
}
