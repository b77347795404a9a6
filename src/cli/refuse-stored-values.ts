import { wholeTable } from "../config/known-tables.ts";
import { isStepBetween } from "../config/versions.ts";
import { readRows } from "../contract/read-rows.ts";
import { planTables, type TablePlan } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import type { Row } from "../row.ts";
import { NO_LOOKUPS } from "../transform/lookups.ts";
import { type ReadValues, readPlain } from "../transform/read-values.ts";
import { overValues, storedValues, VALUE_COLUMNS } from "../transform/stored-value.ts";
import { transformerFor } from "../transform/transformer-for.ts";
import type { Connected, SchemaContext } from "./context.ts";

/** Releases whose step looks at stored tokens and secrets. */
const READING_STEPS = ["5.5.0", "5.7.0", "5.11.0"] as const;
/** Enough to meet the form in which the server stores its values now. */
const SAMPLE_ROWS = 500;

/**
 * Looks at a sample of the source before a run begins. Throws KEY_INVALID, naming table and column, when it stores
 * values in a form that needs keys and none are configured, or when the keys that are configured open none of them.
 * A value that fails among others that do not is left to the run, which sets its row aside.
 */
export async function refuseStoredValues(
  { source, plan }: SchemaContext,
  readValues: ReadValues = readPlain,
): Promise<void> {
  const readsValues = READING_STEPS.some((step) =>
    isStepBetween(step, plan.sourceVersion, plan.targetVersion),
  );
  for (const table of planTables(plan)) {
    transformerFor(plan, table);
    if (!readsValues) continue;
    const rows = (await sample(source, table)).filter((row) =>
      storedValues(wholeTable(table.name), row).some(isThere),
    );
    const read = overValues(wholeTable(table.name), await readValues(wholeTable(table.name), rows));
    const failures = rows.flatMap((row) => {
      const result = read(row, NO_LOOKUPS);
      return "failure" in result ? [result.failure] : [];
    });
    const [first] = failures;
    if (first === undefined || (readValues !== readPlain && failures.length < rows.length)) continue;
    throw new SyncError("KEY_INVALID", {
      what: `${table.name}.${first}`,
      next: "Set source.tokenProcessor and target.tokenProcessor with source.keystore.1.* or source.symmetricKey.1, and target.symmetricKey or target.keystore.*, in sync.properties, or give --source-home and --target-home; or leave the table out of syncTables",
      at: { table: table.name },
    });
  }
}

function isThere({ stored }: ReturnType<typeof storedValues>[number]): boolean {
  return stored.value !== null && stored.value !== "";
}

async function sample(source: Connected, table: TablePlan): Promise<readonly Row[]> {
  const looked = VALUE_COLUMNS.get(wholeTable(table.name)) ?? [];
  if (looked.length === 0) return [];
  const wanted = new Set([
    "DATA_KEY",
    ...looked.flatMap(({ column, hashColumn }) => [column, hashColumn ?? column]),
  ]);
  const columns = table.source.columns.filter((column) => wanted.has(column.name.toUpperCase()));
  const names = columns.map((column) => column.name);
  return await readRows(source, source.dialect.sql.readTable(table.source.name, names, SAMPLE_ROWS), columns);
}
