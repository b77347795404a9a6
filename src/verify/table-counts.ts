import type { Agreement } from "./agreement.ts";
import { NO_COUNTS, type PassCounts, type PassState } from "./progress-state.ts";

/** What a comparison of one table has come to. */
export interface TableCounts extends PassCounts {
  readonly table: string;
  /**
   * Rows of each side as their servers count them at one position of the journal, without those on their way: the target's
   * are the source's, less the missing, plus the extra ones. Null when they could not be counted so.
   */
  readonly sourceRows: number | null;
  readonly targetRows: number | null;
  /** Rows that changes were on their way to when the rows were counted. */
  readonly onTheirWay: number | null;
  /** Users' claims that only the target has: they are held against nothing, and not among its rows. */
  readonly ownClaims: number;
  /** By how many rows the target has more than the differences explain; negative: less. */
  readonly unexplained: number;
  /** Rows of the source that its server counts and that were not met when it was read. */
  readonly unread: number;
  /** When the first and the last row was read: ISO 8601, by this machine's clock; null before. */
  readonly readFrom: string | null;
  readonly readTo: string | null;
  /** A copy of the table is not finished: rows that the target lacks say nothing. */
  readonly isBeingCopied: boolean;
}

/** Adds up the passes over one table. Without an agreement nothing is said of rows that lack an explanation. */
export function countsOf(
  table: string,
  passes: readonly PassState[],
  agreement: Agreement | undefined,
  isBeingCopied = false,
): TableCounts {
  const names = Object.keys(NO_COUNTS) as (keyof PassCounts)[];
  const sum = (name: keyof PassCounts): number =>
    passes.reduce((total, { counts }) => total + counts[name], 0);
  const froms = passes.flatMap(({ readFrom }) => readFrom ?? []).sort();
  const tos = passes.flatMap(({ readTo }) => readTo ?? []).sort();
  return {
    table,
    sourceRows: agreement?.sourceRows ?? null,
    targetRows: agreement?.targetRows ?? null,
    onTheirWay: agreement?.onTheirWay ?? null,
    ...(Object.fromEntries(names.map((name) => [name, sum(name)])) as unknown as PassCounts),
    ownClaims: agreement?.ownClaims ?? 0,
    unexplained: agreement?.unexplained ?? 0,
    unread: agreement?.unread ?? 0,
    readFrom: froms[0] ?? null,
    readTo: tos.at(-1) ?? null,
    isBeingCopied,
  };
}
