import type { Position } from "../contract/change.ts";
import type { Hole } from "../contract/dialect.ts";
import type { JournalSide } from "./journal-after.ts";
import { allPassed, parsePassed } from "./passed-holes.ts";

/** Ranges of one statement. */
const HOLES_PER_STATEMENT = 200;

/** The positions within these holes that hold a row by now, in order of the holes. */
export async function appearedIn(
  { dialect, db }: JournalSide,
  journal: string,
  holes: readonly Hole[],
): Promise<readonly Position[]> {
  const found: Position[] = [];
  for (let i = 0; i < holes.length; i += HOLES_PER_STATEMENT) {
    const statement = dialect.sql.presentIn(journal, holes.slice(i, i + HOLES_PER_STATEMENT));
    const rows = await db.query(statement.sql, statement.params);
    found.push(...rows.map((row) => BigInt(String(row["position"]))));
  }
  return found;
}

/**
 * How many changes stand in positions that were passed and wait for a runner to look there again. `kept`: the target's
 * entry of the table, undefined without one. Of ranges the runner tells, now and then: they may be long.
 */
export async function countLate(
  source: JournalSide,
  journal: string,
  kept: unknown,
  applied: Position,
): Promise<number> {
  const exact = allPassed(parsePassed(kept)).filter(({ missing }) => missing === undefined);
  return (await appearedIn(source, journal, exact)).filter((position) => position <= applied).length;
}
