import { COPY_LETTER } from "../apply/dead-letter.ts";
import type { Position } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import { deadLettersName } from "../contract/object-names.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Queryable;
}

/** The letters of one table. */
export interface LetterCount {
  readonly count: number;
  /** The same by the database's code. */
  readonly byCode: Readonly<Record<string, number>>;
  /** The lowest position among them; undefined when the journal holds none of their rows: `copy` was refused them. */
  readonly first: Position | undefined;
}

/** The lowest position among the dead letters of each table. */
export async function firstDeadLetters(
  target: Side,
  tables: readonly TablePlan[],
): Promise<ReadonlyMap<string, Position>> {
  return new Map(
    [...(await countDeadLetters(target, tables))].flatMap(([table, { first }]) =>
      first === undefined ? [] : [[table, first] as const],
    ),
  );
}

/** Dead letters by table name, upper case; empty when the target has no table for them. */
export async function countDeadLetters(
  { dialect, db }: Side,
  tables: readonly TablePlan[],
): Promise<ReadonlyMap<string, LetterCount>> {
  const name = deadLettersName(tables[0]?.target.name ?? "");
  const [found] = await dialect.introspector.objects(db, [name]);
  if (found === undefined) return new Map();
  const rows = await db.query(
    `SELECT table_name AS name, code AS reported, count(*) AS letters, min(CASE WHEN sync_id > ${COPY_LETTER} THEN sync_id END) AS lowest FROM ${dialect.sql.quote(found.name)} GROUP BY table_name, code`,
  );
  const counts = new Map<string, LetterCount>();
  for (const row of rows) {
    const name = String(row["name"]).toUpperCase();
    const [code, letters, lowest] = [
      String(row["reported"]),
      Number(row["letters"]),
      row["lowest"] == null ? undefined : BigInt(String(row["lowest"])),
    ];
    const { count = 0, byCode = {}, first = lowest } = counts.get(name) ?? {};
    counts.set(name, {
      count: count + letters,
      byCode: { ...byCode, [code]: letters },
      first: lowest !== undefined && (first === undefined || lowest < first) ? lowest : first,
    });
  }
  return counts;
}
