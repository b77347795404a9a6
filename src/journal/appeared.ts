import type { Hole } from "../dialect/dialect.ts";
import type { Position } from "./change.ts";
import type { JournalSide } from "./journal-after.ts";

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
