/**
 * What somebody can do to a journal so that a write of a user fails, or is not journaled although it succeeds: the question is
 * the dialect's, the words stand here once.
 */
import type { ResultRow } from "../db/database.ts";

/** A counter with fewer positions left than these comes to its end in days. */
const MIN_POSITIONS = 10_000_000n;

/**
 * Reads one row about a journal. Columns: "state" what it is that it must not be, as a phrase; "others", "rules", "constraints",
 * "mandatory" names, joined, of what stands on it and is not ours; "lacks" what of ours is gone, as a phrase; "positions_left".
 */
export function journalFaults(row: ResultRow): readonly string[] {
  const named = (column: string, before: string): readonly string[] => {
    const text = row[column] == null ? "" : String(row[column]);
    return text === "" ? [] : [`${before}${text}`];
  };
  const left = row["positions_left"] == null ? undefined : BigInt(String(row["positions_left"]));
  return [
    ...named("state", "the journal "),
    ...named(
      "others",
      "the journal has triggers that sync-tool did not make, which may swallow or refuse rows: ",
    ),
    ...named("rules", "the journal has rules, which may swallow rows: "),
    ...named("constraints", "the journal has constraints that may refuse rows: "),
    ...named("mandatory", "columns of the journal must not be null: "),
    ...named("lacks", "the journal lacks "),
    ...(left !== undefined && left < MIN_POSITIONS
      ? [`the journal's positions come to their end: ${left} are left`]
      : []),
  ];
}
