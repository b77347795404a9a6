import type { Hole } from "../contract/dialect.ts";
import type { Clock } from "../util/monotonic.ts";
import type { RunEvents } from "./events.ts";
import type { TableSync } from "./table-sync.ts";

/** Tells of tables that wait for a transaction, and when those that were told of wait no more. */
export interface BlockedTables {
  /** `sinceMs`: since when, by the loop's clock. */
  tell(holes: ReadonlyMap<TableSync, Hole>, sinceMs: number): Promise<void>;
  /** Given what is open now. */
  tellEnded(holes: ReadonlyMap<TableSync, Hole>): void;
}

export function createBlockedTables(
  events: Pick<RunEvents, "blocked" | "unblocked">,
  now: Clock,
): BlockedTables {
  const told = new Map<TableSync, number>();
  return {
    async tell(holes, sinceMs) {
      for (const [table, hole] of holes) {
        if (!told.has(table)) told.set(table, sinceMs);
        // Who holds a position is told where the source tells it: a look that fails ends nothing.
        const holders = await table.reader.holders(hole).catch(() => []);
        events.blocked(table.table.name, hole, (now() - sinceMs) / 1000, holders);
      }
    },
    tellEnded(holes) {
      for (const [table, sinceMs] of told) {
        if (holes.has(table)) continue;
        told.delete(table);
        events.unblocked(table.table.name, (now() - sinceMs) / 1000);
      }
    },
  };
}
