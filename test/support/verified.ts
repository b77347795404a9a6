import { rowSources } from "../../src/run/row-sources.ts";
import type { TableCounts } from "../../src/verify/table-counts.ts";
import { verify } from "../../src/verify/verify.ts";
import type { ReportedDifference, VerifyOptions } from "../../src/verify/verify-options.ts";
import type { BlueGreen } from "./blue-green.ts";

export interface Verified {
  readonly differences: readonly ReportedDifference[];
  readonly complete: boolean;
  readonly counts: Readonly<Record<string, TableCounts>>;
}

/** Compares a pair as `sync-tool verify` does; a checkpoint that stands still is waited for 0.3 s, unless told otherwise. */
export async function verified(pair: BlueGreen, options: Partial<VerifyOptions> = {}): Promise<Verified> {
  const plan = await pair.plan();
  const differences: ReportedDifference[] = [];
  const report = await verify({
    plan,
    source: pair.source,
    target: pair.target,
    rowsFor: rowSources(plan, pair),
    patienceMs: 300,
    signal: new AbortController().signal,
    onDifference: (difference) => differences.push(difference),
    ...options,
  });
  return {
    differences,
    complete: report.complete,
    counts: Object.fromEntries(report.tables.map((one) => [one.table, one])),
  };
}
