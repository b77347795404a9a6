import { SyncError } from "../errors.ts";
import type { Change } from "../journal/change.ts";
import type { Row } from "../row.ts";
import type { Lookups } from "./lookups.ts";
import { type ReadValues, readPlain } from "./read-values.ts";
import type { Transformed, Transformer } from "./transformer.ts";

/** Gives the rows that a table's changes become on the target. */
export interface RowSource {
  /**
   * Transforms these changes (none of them a DELETE) at once; the function returned gives each one's row and throws
   * TRANSFORM_FAILED, without values, for one that could not be transformed.
   */
  prepare(changes: readonly Change[]): Promise<(change: Change) => Row>;
  readonly keepOnUpdate: readonly string[];
  readonly onUniqueConflict: ((row: Row) => Row) | undefined;
}

/**
 * `loadLookups` is asked once per batch and may answer from a cache; `readValues` reads the stored tokens and secrets
 * of a whole batch at once.
 */
export function createRowSource(
  table: string,
  transformer: Transformer,
  loadLookups: () => Promise<Lookups>,
  readValues: ReadValues = readPlain,
): RowSource {
  return {
    keepOnUpdate: transformer.keepOnUpdate,
    onUniqueConflict: transformer.onUniqueConflict,
    async prepare(changes) {
      const lookups = await loadLookups();
      const readers = transformer.needs.values
        ? await readValues(
            table,
            changes.map((change) => change.row),
          )
        : undefined;
      const rows = new Map<bigint, Transformed>(
        changes.map((change) => [change.position, transformer.transform(change.row, lookups, readers)]),
      );
      return (change) => {
        const result = rows.get(change.position);
        if (result === undefined) throw new Error(`${table}: position ${change.position} was not prepared`);
        if ("row" in result) return result.row;
        throw new SyncError("TRANSFORM_FAILED", {
          what: `${table}: the change at position ${change.position} cannot be transformed: ${result.failure}`,
          next: "Mend the row on the source or the configuration, then start the run again",
          at: { table, position: change.position },
        });
      };
    },
  };
}
