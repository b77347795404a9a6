/** Batches that are written in one transaction where a table is behind: a commit costs the target as much as many rows. */

import { rowBytes } from "../journal/read-size.ts";
import type { Batch } from "../journal/reader.ts";

/** What one transaction takes at most; a batch that alone is more has one to itself. */
const MOST = { batches: 10, changes: 1_000, bytes: 2_000_000 };

/** What is written in one transaction: a batch, or several that were read one after the other. */
export interface Unit extends Batch {
  /** The batches themselves: written one by one when the target refuses a row of them. */
  readonly of: readonly Batch[];
}

/** Each batch in a transaction of its own. */
export const alone = (batches: readonly Batch[]): readonly Unit[] =>
  batches.map((batch) => ({ ...batch, of: [batch] }));

/** Puts batches that follow each other together, as many as one transaction takes. */
export function share(batches: readonly Batch[]): readonly Unit[] {
  const groups: Batch[][] = [];
  let room = { batches: 0, changes: 0, bytes: 0 };
  for (const batch of batches) {
    const changes = batch.changes.length;
    const bytes = bytesOf(batch);
    const fits = room.batches >= 1 && room.changes >= changes && room.bytes >= bytes;
    if (!fits) {
      groups.push([]);
      room = { ...MOST };
    }
    groups.at(-1)?.push(batch);
    room = { batches: room.batches - 1, changes: room.changes - changes, bytes: room.bytes - bytes };
  }
  return groups.flatMap(together);
}

/** How many batches of a size a transaction takes, one at least. */
export const batchesPerTransaction = (batchSize: number): number =>
  Math.max(1, Math.min(MOST.batches, Math.floor(MOST.changes / batchSize)));

/** Bytes of a batch's values. */
export const bytesOf = ({ changes }: Batch): number =>
  changes.reduce((sum, { row }) => sum + rowBytes(row), 0);

function together(batches: readonly Batch[]): readonly Unit[] {
  const last = batches.at(-1);
  if (last === undefined) return [];
  return [{ ...last, changes: batches.flatMap(({ changes }) => changes), of: batches }];
}
