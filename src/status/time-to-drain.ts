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
 * source writes meanwhile is counted in. Never 0 before the end.
 */
export function timeToDrain(before: Look, now: Look, table: TableStatus): TimeToDrain {
  const earlier = before.report.tables.find(
    (other) => other.schema === table.schema && other.table === table.table,
  );
  // How long whatever holds it back will last, and what comes after it, nobody knows.
  if (table.throttle !== null || table.openHole !== null) return null;
  if (table.pending === 0) return 0;
  const seconds = (now.atMs - before.atMs) / 1000;
  // A count and an estimate may lie far apart where positions were lost: their difference is no rate.
  if (
    table.pending === null ||
    typeof earlier?.pending !== "number" ||
    earlier.pendingIsEstimate !== table.pendingIsEstimate ||
    seconds <= 0
  )
    return table.pending === null ? null : atAppliedRate(table.pending, table);
  const perSecond = (earlier.pending - table.pending) / seconds;
  if (perSecond > 0) return secondsFor(table.pending, perSecond);
  // Its own turn comes when its parents' is over.
  return table.waitsFor.length > 0 ? null : "grows";
}

/** The same for all tables together: one that waits for another has its share in what the other needs. */
export function timeToDrainAll(before: Look, now: Look): TimeToDrain {
  const whole = ({ atMs, report }: Look): Look => ({ atMs, report: { ...report, tables: [sumOf(report)] } });
  return timeToDrain(whole(before), whole(now), sumOf(now.report));
}

/** As if all were one table. */
function sumOf({ tables }: StatusReport): TableStatus {
  const [first] = tables;
  if (first === undefined) throw new Error("a report without tables");
  const sum = (of: (table: TableStatus) => number): number =>
    tables.reduce((total, table) => total + of(table), 0);
  return {
    ...first,
    pending: sum(({ pending }) => pending ?? 0),
    pendingIsEstimate: tables.some(({ pendingIsEstimate }) => pendingIsEstimate),
    appliedPerSecond: sum(({ appliedPerSecond }) => appliedPerSecond ?? 0),
    openHole: tables.find(({ openHole }) => openHole !== null)?.openHole ?? null,
    throttle: tables.find(({ throttle }) => throttle !== null)?.throttle ?? null,
    waitsFor: [],
  };
}

/** By what its runner says that it applies, where nothing was seen before. */
const atAppliedRate = (pending: number, { appliedPerSecond }: TableStatus): TimeToDrain =>
  appliedPerSecond === null || appliedPerSecond <= 0 ? null : secondsFor(pending, appliedPerSecond);

const secondsFor = (pending: number, perSecond: number): number =>
  Math.max(1, Math.round(pending / perSecond));
