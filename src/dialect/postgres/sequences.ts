import type { TargetColumn } from "../../contract/sync-plan.ts";
import type { Column } from "../../contract/table-schema.ts";
import type { Queryable } from "../../db/database.ts";
import type { Row } from "../../row.ts";

/** The sequence behind a column's default, as SQL names it; undefined when there is none. */
export function sequenceOf(column: Column): string | undefined {
  return /^nextval\('((?:[^']|'')+)'::regclass\)$/.exec(column.default ?? "")?.[1]?.replaceAll("''", "'");
}

/**
 * Moves the sequences of these columns past the numbers that rows brought along, so that the application's own inserts
 * do not draw them again; never back. A sequence is not part of a transaction: rolled back, it has only lost numbers.
 */
export async function advanceSequences(
  tx: Queryable,
  columns: readonly TargetColumn[],
  rows: readonly Row[],
): Promise<void> {
  for (const { name, target } of columns) {
    const sequence = sequenceOf(target);
    const highest = sequence === undefined ? undefined : highestOf(rows.map((row) => row[name]));
    if (sequence === undefined || highest === undefined) continue;
    await tx.query(
      `SELECT setval(?::regclass, ?::bigint) FROM ${sequence} WHERE ?::bigint >= last_value + is_called::integer`,
      [sequence, highest.toString(), highest.toString()],
    );
  }
}

function highestOf(values: readonly (Row[string] | undefined)[]): bigint | undefined {
  const numbers = values.flatMap((value) =>
    typeof value === "string" && /^\d{1,18}$/.test(value) ? [BigInt(value)] : [],
  );
  return numbers.reduce<bigint | undefined>(
    (highest, number) => (highest === undefined || number > highest ? number : highest),
    undefined,
  );
}
