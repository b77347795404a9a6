import { isStepBetween } from "../config/versions.ts";
import { SyncError } from "../errors.ts";
import { planTables, type TablePlan } from "../plan/sync-plan.ts";
import type { Row, Value } from "../row.ts";
import { NO_LOOKUPS } from "../transform/lookups.ts";
import { overValues, PLAIN_READERS, VALUE_COLUMNS } from "../transform/stored-value.ts";
import { transformerFor } from "../transform/transformer-for.ts";
import type { Connected, SchemaContext } from "./context.ts";

/** Releases whose step looks at stored tokens and secrets. */
const READING_STEPS = ["5.5.0", "5.7.0", "5.11.0"] as const;
/** Enough to meet the form in which the server stores its values now. */
const SAMPLE_ROWS = 500;

/**
 * Looks at a sample of the source before a run begins: throws TRANSFORM_UNAVAILABLE, naming table and column, when it
 * stores values in a form that needs keys, and when a version's rows cannot be transformed at all.
 */
export async function refuseStoredValues({ source, plan }: SchemaContext): Promise<void> {
  const readsValues = READING_STEPS.some((step) =>
    isStepBetween(step, plan.sourceVersion, plan.targetVersion),
  );
  for (const table of planTables(plan)) {
    transformerFor(plan, table);
    if (!readsValues) continue;
    const read = overValues(table.name, PLAIN_READERS);
    for (const row of await sample(source, table)) {
      const result = read(row, NO_LOOKUPS);
      if (!("failure" in result)) continue;
      throw new SyncError("TRANSFORM_UNAVAILABLE", {
        what: `${table.name}.${result.failure}`,
        next: "Leave the table out of syncTables: this release of sync-tool transforms tokens and codes that are stored plain",
        at: { table: table.name },
      });
    }
  }
}

async function sample({ dialect, db }: Connected, table: TablePlan): Promise<readonly Row[]> {
  const looked = VALUE_COLUMNS.get(table.name) ?? [];
  if (looked.length === 0) return [];
  const names = new Set([
    "DATA_KEY",
    ...looked.flatMap(({ column, hashColumn }) => [column, hashColumn ?? column]),
  ]);
  const columns = table.source.columns.filter((column) => names.has(column.name.toUpperCase()));
  const statement = dialect.sql.readTable(
    table.source.name,
    columns.map((column) => column.name),
    SAMPLE_ROWS,
  );
  const rows = await db.query(statement.sql, statement.params);
  return rows.map((raw) =>
    Object.fromEntries(
      columns.map((column): [string, Value] => {
        const name = column.name.toUpperCase();
        return [name, dialect.codec.decode(column, raw[name])];
      }),
    ),
  );
}
