import type { TableCounts } from "./table-counts.ts";

/**
 * equal: every row was judged, none differs (any more), and the servers' counts say the same. different: rows differ.
 * unexplained: none does, and the counts of the servers contradict it. "not judged": something was left out.
 */
export type VerdictResult = "equal" | "different" | "unexplained" | "not judged";

/** What a comparison comes to. */
export interface Verdict {
  readonly result: VerdictResult;
  /** For people: "equal: 208,470 rows; 12 on their way". */
  readonly sentence: string;
  /** Rows of the source, without those on their way. */
  readonly rows: number;
  readonly onTheirWay: number;
  /** Rows that differ, those that were mended among them. */
  readonly found: number;
  readonly repaired: number;
  /** Rows that could not be judged. */
  readonly pending: number;
  /** Rows of the source that the target is not to have: they were held against nothing. */
  readonly leftOut: number;
  /** Users' claims that only the target has: they were held against nothing either. */
  readonly ownClaims: number;
}

export function findVerdict(tables: readonly TableCounts[], complete: boolean): Verdict {
  const sum = (count: (one: TableCounts) => number): number =>
    tables.reduce((total, one) => total + count(one), 0);
  const [rows, onTheirWay] = [sum((one) => one.sourceRows ?? 0), sum((one) => one.onTheirWay ?? 0)];
  const [found, repaired, pending] = [sum(foundIn), sum((one) => one.repaired), sum((one) => one.pending)];
  const [leftOut, ownClaims] = [sum((one) => one.leftOut), sum((one) => one.ownClaims)];
  const verdict = { rows, onTheirWay, found, repaired, pending, leftOut, ownClaims };
  const reasons = notJudged(tables, complete, pending);
  const and = (...texts: readonly string[]): string => texts.filter((text) => text !== "").join("; ");
  const mended = repaired === 0 ? "" : `${counted(repaired, "row")} repaired`;
  if (found > repaired)
    return {
      ...verdict,
      result: "different",
      sentence: `different: ${and(counted(found - repaired, "row"), mended, ...reasons)}`,
    };
  const unexplained = tables.flatMap(unexplainedIn);
  if (unexplained.length > 0)
    return {
      ...verdict,
      result: "unexplained",
      sentence: `the counts do not add up: ${and(...unexplained)}`,
    };
  if (reasons.length > 0)
    return { ...verdict, result: "not judged", sentence: `not all is judged: ${and(...reasons, mended)}` };
  const moving = onTheirWay === 0 ? "" : `${onTheirWay.toLocaleString("en-US")} on their way`;
  const without =
    leftOut === 0 ? "" : `${leftOut.toLocaleString("en-US")} of them left out, as the migration removes them`;
  const own = ownClaims === 0 ? "" : `${counted(ownClaims, "claim")} of the target's own`;
  const sentence = `equal: ${and(counted(rows, "row"), moving, without, own, mended)}`;
  return { ...verdict, result: "equal", sentence };
}

/** Rows of a table that differ, those that were mended among them. */
export const foundIn = (one: TableCounts): number =>
  (one.isBeingCopied ? 0 : one.missing) + one.extra + one.different + one.untransformable + one.unfindable;

/** Every row of the table was judged, none differs (any more), and the counts add up. */
export const isEqual = (one: TableCounts): boolean => findVerdict([one], true).result === "equal";

function notJudged(tables: readonly TableCounts[], complete: boolean, pending: number): readonly string[] {
  const uncounted = tables.filter(({ sourceRows }) => sourceRows === null).map(({ table }) => table);
  const copying = tables.filter(({ isBeingCopied }) => isBeingCopied);
  return [
    ...copying.map(
      ({ table, missing }) =>
        `the copy of ${table} is not finished, ${counted(missing, "row")} ${missing === 1 ? "is" : "are"} not there yet`,
    ),
    ...(pending === 0
      ? []
      : [
          `${counted(pending, "row")} ${pending === 1 ? "waits" : "wait"} ${complete ? "for changes that nothing brings" : "to be looked at again"}`,
        ]),
    ...(complete ? [] : ["stopped before the end"]),
    ...(complete && uncounted.length > 0
      ? [`rows of ${uncounted.join(", ")} move too fast to be counted on both sides`]
      : []),
  ];
}

function unexplainedIn({ table, unexplained, unread }: TableCounts): readonly string[] {
  return [
    ...(unexplained === 0
      ? []
      : [
          `${table}: the target has ${counted(Math.abs(unexplained), "row")} ${unexplained > 0 ? "more" : "less"} than the source with the differences found`,
        ]),
    ...(unread === 0
      ? []
      : [
          `${table}: the source's server counts ${counted(Math.abs(unread), "row")} ${unread > 0 ? "more" : "less"} than were read`,
        ]),
  ];
}

const counted = (n: number, what: string): string =>
  `${n.toLocaleString("en-US")} ${what}${n === 1 ? "" : "s"}`;
