import type { Change, Position } from "../contract/change.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { exactKey } from "../journal/key-equality.ts";
import { sourceKeyOf } from "../journal/net.ts";
import type { JournalReader } from "../journal/reader.ts";
import type { ResolveKeys } from "../transform/resolve-keys.ts";
import type { MarkLeftOut } from "../transform/row-source.ts";

/** A reader that marks changes whose rows the target is not to have; the same reader where there are none. */
export function markedReader(reader: JournalReader, markLeftOut: MarkLeftOut | undefined): JournalReader {
  if (markLeftOut === undefined) return reader;
  return {
    ...reader,
    async read(after, limit, upTo) {
      const batch = await reader.read(after, limit, upTo);
      return { ...batch, changes: await markLeftOut(batch.changes) };
    },
    at: async (positions) => await markLeftOut(await reader.at(positions)),
  };
}

/**
 * A reader whose changes have the target's key; the same reader where they have it anyway. Batches are read while those
 * before them are still written, so the target cannot tell yet what these make of a row: a row that one of them deletes
 * and makes again under the key it had would be given another key once its deletion is there. A key given to a change
 * that is not applied is therefore the key of all later changes of the same row.
 */
export function resolvedReader(
  reader: JournalReader,
  table: TablePlan,
  resolveKeys: ResolveKeys | undefined,
  applied: () => Position,
): JournalReader {
  if (resolveKeys === undefined) return reader;
  /** By the source's key, in order of position. */
  const underWay = new Map<string, Change>();

  function asUnderWay(change: Change): Change {
    const row = exactKey(sourceKeyOf(table.key, change));
    const { key } = underWay.get(row) ?? change;
    const same = key === undefined ? change : { ...change, key };
    underWay.delete(row);
    underWay.set(row, same);
    return same;
  }

  return {
    ...reader,
    async read(after, limit, upTo) {
      const batch = await reader.read(after, limit, upTo);
      // Noted before the target is asked: what is applied meanwhile may not be in its answer.
      const position = applied();
      const changes = await resolveKeys(batch.changes);
      for (const [row, change] of underWay) {
        if (change.position > position) break;
        underWay.delete(row);
      }
      return { ...batch, changes: changes.map(asUnderWay) };
    },
    reset() {
      underWay.clear();
      reader.reset();
    },
    at: async (positions) => await resolveKeys(await reader.at(positions)),
  };
}
