import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Queryable;
}

/** Tables whose changes can be followed: without that, a row that is being changed may look different. */
export async function capturedTables(
  tables: readonly TablePlan[],
  source: Side,
  target: Side,
): Promise<ReadonlySet<string>> {
  const upper = (name: string): string => name.toUpperCase();
  const names = async (side: Side, wanted: readonly string[]): Promise<readonly string[]> =>
    (await side.dialect.introspector.objects(side.db, wanted)).map((object) => upper(object.name));
  const journals = await names(
    source,
    tables.map((table) => table.names.journal),
  );
  const checkpoints = await names(
    target,
    tables.map((table) => table.targetNames.checkpoint),
  );
  return new Set(
    tables
      .filter(
        (table) =>
          journals.includes(upper(table.names.journal)) &&
          checkpoints.includes(upper(table.targetNames.checkpoint)),
      )
      .map((table) => table.name),
  );
}
