import type { Position } from "../contract/change.ts";
import type { Side } from "../contract/side.ts";
import { NO_END } from "./horizon.ts";

/** The last visible position of a journal; 0 for an empty one. Cheap, and no evidence of anything. */
export async function highestPosition({ dialect, db }: Side, journal: string): Promise<Position> {
  const statement = dialect.sql.highestAtOrBelow(journal, NO_END);
  const [row] = await db.query(statement.sql, statement.params);
  return BigInt(String(row?.["position"] ?? "0"));
}
