import type { Position } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import { deadLettersName } from "../contract/object-names.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Queryable;
}

/** Dead letters by table name, upper case; empty when the target has no table for them. */
export async function countDeadLetters(
  target: Side,
  tables: readonly TablePlan[],
): Promise<ReadonlyMap<string, number>> {
  return new Map([...(await read(target, tables))].map(([table, { count }]) => [table, count]));
}

/** The lowest position among the dead letters of each table. */
export async function firstDeadLetters(
  target: Side,
  tables: readonly TablePlan[],
): Promise<ReadonlyMap<string, Position>> {
  return new Map([...(await read(target, tables))].map(([table, { first }]) => [table, first]));
}

async function read(
  { dialect, db }: Side,
  tables: readonly TablePlan[],
): Promise<ReadonlyMap<string, { readonly count: number; readonly first: Position }>> {
  const name = deadLettersName(tables[0]?.target.name ?? "");
  const [found] = await dialect.introspector.objects(db, [name]);
  if (found === undefined) return new Map();
  const rows = await db.query(
    `SELECT table_name AS name, count(*) AS letters, min(sync_id) AS lowest FROM ${dialect.sql.quote(found.name)} GROUP BY table_name`,
  );
  return new Map(
    rows.map((row) => [
      String(row["name"]).toUpperCase(),
      { count: Number(row["letters"]), first: BigInt(String(row["lowest"])) },
    ]),
  );
}
