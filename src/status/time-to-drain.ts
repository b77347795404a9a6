import type { StatusReport } from "./status.ts";
import type { TableStatus } from "./table-status.ts";

/** A report and when it was made. */
export interface Look {
  readonly atMs: number;
  readonly report: StatusReport;
}

/** Seconds, 0 when nothing is pending; "grows": more comes in than is applied; null: not known. */
export type TimeToDrain = number | "grows" | null;

/**
 * How long a table needs until nothing is pending, at the rate at which its backlog shrank between two looks: what the
 * source writes meanwhile is counted in.
 */
export function timeToDrain(before: Look, now: Look, table: TableStatus): TimeToDrain {
  const earlier = before.report.tables.find(
    (other) => other.schema === table.schema && other.table === table.table,
  );
  if (table.pending === 0) return 0;
  const seconds = (now.atMs - before.atMs) / 1000;
  if (table.pending === null || earlier === undefined || earlier.pending === null || seconds <= 0)
    return null;
  const perSecond = (earlier.pending - table.pending) / seconds;
  return perSecond > 0 ? Math.round(table.pending / perSecond) : "grows";
}
