import { arrivalReasons } from "./arrival.ts";
import { openSnapshots, type TableSnapshot } from "./snapshot.ts";
import type { StatusRequest, TableStatus } from "./table-status.ts";

/** What `status` prints. */
export interface StatusReport {
  readonly tables: readonly TableStatus[];
  /** Nothing is pending, missing, waiting or set aside: traffic can go to the target once the source gets no writes. */
  readonly safeToSwitch: boolean;
  /** Why it is not safe, each a sentence; empty when it is. */
  readonly reasons: readonly string[];
}

/** Reads where every table of these schemas stands; changes nothing. */
export async function readStatus(
  schemas: readonly StatusRequest[],
  signal?: AbortSignal,
): Promise<StatusReport> {
  return statusReport(await openSnapshots(schemas).takeDecided(signal));
}

/** The report that a snapshot makes. */
export function statusReport(snapshot: readonly TableSnapshot[]): StatusReport {
  const tables = snapshot.map(({ status }) => status);
  const reasons = tables.flatMap(arrivalReasons).map(({ text }) => text);
  return { tables, safeToSwitch: reasons.length === 0, reasons };
}
