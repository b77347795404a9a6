import type { BatchReport } from "../run/table-sync.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

/** A table's batches are told together, at most so often. */
const TELL_MS = 5_000;

export interface BatchSums {
  add(report: BatchReport): void;
  /** Tells what was added of a table since it was told last; nothing when there was none. */
  flush(table: string): void;
  /** Tells what is left, and nothing more. */
  close(): void;
}

/**
 * Adds up the batches of each table. The first after a quiet time is told at once, and those after it in a sum every five
 * seconds; `position` is that of the last one, `durationMs` what they took together.
 */
export function batchSums(tell: (sum: BatchReport) => void, now: Clock = monotonic): BatchSums {
  const sums = new Map<string, BatchReport>();
  const toldAt = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();
  const flush = (table: string): void => {
    clearTimeout(timers.get(table));
    timers.delete(table);
    const sum = sums.get(table);
    if (sum === undefined) return;
    sums.delete(table);
    toldAt.set(table, now());
    tell(sum);
  };
  return {
    flush,
    add(report) {
      const { table } = report;
      const sum = sums.get(table);
      sums.set(table, {
        ...report,
        changes: report.changes + (sum?.changes ?? 0),
        durationMs: report.durationMs + (sum?.durationMs ?? 0),
      });
      const waitMs = (toldAt.get(table) ?? Number.NEGATIVE_INFINITY) + TELL_MS - now();
      if (waitMs <= 0) flush(table);
      // No run is kept alive for it.
      else if (!timers.has(table)) timers.set(table, setTimeout(flush, waitMs, table).unref());
    },
    close() {
      for (const table of [...sums.keys()]) flush(table);
    },
  };
}
