import type { Change } from "../contract/change.ts";
import { hasColumns, type Row, rowTemplate } from "../row.ts";
import { mapInTurns } from "../util/in-turns.ts";
import type { Lookups } from "./lookups.ts";
import { type ReadValues, readPlain } from "./read-values.ts";
import type { ResolveKeys } from "./resolve-keys.ts";
import { transformFailed } from "./transform-failed.ts";
import type { Transformed, Transformer } from "./transformer.ts";

/** The changes, those marked whose rows the target is not to have (left-out.ts). */
export type MarkLeftOut = (changes: readonly Change[]) => Promise<readonly Change[]>;

/** Gives the rows that a table's changes become on the target. */
export interface RowSource {
  /** Gives each change the target's key; only for a rekeyed table, whose changes have none before. */
  readonly resolveKeys?: ResolveKeys;
  /** Only for a table of which the migration removes rows. */
  readonly markLeftOut?: MarkLeftOut;
  /**
   * Transforms these changes (none of them a DELETE) at once; the function returned gives each one's row and throws
   * TRANSFORM_FAILED, without values, for one that could not be transformed. `anew`: by look-ups made now.
   */
  prepare(changes: readonly Change[], anew?: boolean): Promise<(change: Change) => Row>;
  /** Rows pass as they are. */
  readonly isUnchanged: boolean;
  readonly keepOnUpdate: readonly string[];
  readonly onUniqueConflict: ((row: Row) => Row) | undefined;
}

export interface RowSourceOptions {
  /** Asked once per batch, with its rows; it may answer from a cache, unless asked to look anew. */
  readonly loadLookups: (rows: readonly Row[], anew: boolean) => Promise<Lookups>;
  /** Reads the stored tokens and secrets of a whole batch at once; default: plain ones pass, others fail. */
  readonly readValues?: ReadValues;
  readonly resolveKeys?: ResolveKeys | undefined;
  readonly markLeftOut?: MarkLeftOut | undefined;
}

export function createRowSource(
  table: string,
  transformer: Transformer,
  { loadLookups, readValues = readPlain, resolveKeys, markLeftOut }: RowSourceOptions,
): RowSource {
  return {
    ...(resolveKeys === undefined ? {} : { resolveKeys }),
    ...(markLeftOut === undefined ? {} : { markLeftOut }),
    isUnchanged: transformer.steps.length === 0,
    keepOnUpdate: transformer.keepOnUpdate,
    onUniqueConflict: transformer.onUniqueConflict,
    async prepare(changes, anew = false) {
      const sourceRows = copies(changes, transformer.adds);
      const lookups = await loadLookups(sourceRows, anew);
      const readers = transformer.needs.values ? await readValues(table, sourceRows) : undefined;
      const rows = new Map<bigint, Transformed>(
        await mapInTurns(changes, ({ position }, n) => [
          position,
          transformer.transform(sourceRows[n] ?? {}, lookups, readers),
        ]),
      );
      return (change) => {
        const result = rows.get(change.position);
        if (result === undefined) throw new Error(`${table}: position ${change.position} was not prepared`);
        if ("row" in result) return result.row;
        throw transformFailed(table, change.position, result.failure);
      };
    },
  };
}

/**
 * The changes' rows, with the target's keys, for the steps to work on. Columns that the steps add are there from the
 * start: each would cost a row its compact form otherwise (see rowTemplate).
 */
function copies(changes: readonly Change[], adds: readonly string[]): readonly Row[] {
  const [first] = changes;
  if (first === undefined) return [];
  if (adds.length === 0 && first.key === undefined) return changes.map(({ row }) => row);
  const columns = Object.keys(first.row);
  const template = rowTemplate([...columns, ...Object.keys(first.key ?? {}), ...adds]);
  return changes.map(({ row, key }) =>
    hasColumns(row, columns) ? { ...template, ...row, ...key } : { ...row, ...key },
  );
}
