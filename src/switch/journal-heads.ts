import type { Position } from "../contract/change.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Anchor } from "../journal/at-anchor.ts";
import type { JournalReader } from "../journal/reader.ts";
import { type Reason, reason } from "../status/arrival.ts";

/** Where a journal ends: everything up to there has been committed, or never will be. */
export interface JournalHead {
  readonly table: TablePlan;
  readonly end: Anchor;
  /** Changes between the anchor that was begun at and the end. */
  readonly changes: number;
}

const PAGE = 10_000;

/**
 * Goes through each journal from where it is known to its end. Reasons instead, where a transaction is open that has been handed
 * a position in between. What a reader saw at an earlier look counts, so the same ones are to be given again.
 */
export async function findHeads(
  from: ReadonlyMap<TablePlan, { readonly reader: JournalReader; readonly anchor: Anchor }>,
): Promise<{ readonly heads: readonly JournalHead[]; readonly open: readonly Reason[] }> {
  const heads: JournalHead[] = [];
  const open: Reason[] = [];
  for (const [table, { reader, anchor }] of from) {
    let end = anchor;
    let changes = 0;
    for (;;) {
      const batch = await reader.read(end, PAGE);
      changes += batch.changes.length;
      end = batch.end;
      if (batch.blocked !== undefined) {
        const position: Position = batch.blocked.first;
        open.push(
          ...reason(
            { table: table.name },
            true,
            "open-hole",
            `a transaction has not ended: position ${position} may still appear`,
          ),
        );
      }
      if (!batch.full) break;
    }
    heads.push({ table, end, changes });
  }
  return { heads, open };
}
