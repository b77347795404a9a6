import type { Change, Position } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { changeDecoder, keysAlone, readJournal } from "./read-changes.ts";

const PAGE = 1_000;

/** A database to read a journal in; a transaction will do. */
export interface JournalSide {
  readonly dialect: Dialect;
  readonly db: Queryable;
}

/** Positions of one statement. */
const POSITIONS = 500;

/**
 * The changes that a journal shows after a position, up to another or to its end, in pages, with the source's key columns
 * alone.
 */
export async function* journalAfter(
  source: JournalSide,
  table: TablePlan,
  after: Position,
  upTo?: Position,
): AsyncGenerator<readonly Change[]> {
  const plan = keysAlone(table);
  const toChange = changeDecoder(source, plan);
  for (let from = after + 1n; upTo === undefined || from <= upTo; ) {
    const limit = upTo === undefined || upTo - from >= PAGE ? PAGE : Number(upTo - from) + 1;
    const statement = source.dialect.sql.readChanges(plan, from, limit);
    const changes = (await readJournal(source, statement)).map(toChange);
    const wanted = upTo === undefined ? changes : changes.filter(({ position }) => position <= upTo);
    if (wanted.length > 0) yield wanted;
    const last = changes.at(-1);
    if (last === undefined || changes.length < limit) return;
    from = last.position + 1n;
  }
}

/** The changes that a journal shows at these positions, with the source's key columns alone. */
export async function journalAt(
  source: JournalSide,
  table: TablePlan,
  positions: readonly Position[],
): Promise<readonly Change[]> {
  const plan = keysAlone(table);
  const toChange = changeDecoder(source, plan);
  const found: Change[] = [];
  for (let i = 0; i < positions.length; i += POSITIONS) {
    const statement = source.dialect.sql.readChangesAt(plan, positions.slice(i, i + POSITIONS));
    found.push(...(await readJournal(source, statement)).map(toChange));
  }
  return found;
}
