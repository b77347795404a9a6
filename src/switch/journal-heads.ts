import type { Hole } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Anchor } from "../journal/at-anchor.ts";
import type { JournalReader } from "../journal/reader.ts";
import { type Reason, stillToCome } from "../status/arrival.ts";

/** Where a journal ends: everything up to there has been committed, or never will be. */
export interface JournalHead {
  readonly table: TablePlan;
  readonly end: Anchor;
  /** Changes between the anchor that was begun at and the end. */
  readonly changes: number;
}

const PAGE = 10_000;

async function notEnded(table: TablePlan, reader: JournalReader, hole: Hole): Promise<Reason> {
  const holders = await reader.holders(hole).catch(() => []);
  const who = holders.map(({ holder }) => holder).join(", ");
  const text = `a transaction has not ended: position ${hole.first} may still appear${who === "" ? "" : ` (${who})`}`;
  return { table: table.name, kind: "open-hole", text: `${table.name}: ${text}` };
}

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
    let full = true;
    while (full) {
      const batch = await reader.read(end, PAGE);
      changes += batch.changes.length;
      ({ end, full } = batch);
    }
    // Behind the last that is seen too: whoever has not ended began before the switch.
    const hole = stillToCome(await reader.survey(end, PAGE));
    if (hole !== undefined) open.push(await notEnded(table, reader, hole));
    heads.push({ table, end, changes });
  }
  return { heads, open };
}
