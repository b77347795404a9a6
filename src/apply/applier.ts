import type { Change, Key } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { keyOf, type NetSegment, netChanges } from "../journal/net.ts";
import type { Row } from "../row.ts";
import { transformFailed } from "../transform/transform-failed.ts";
import { writeSplitRows } from "./split-rows.ts";
import { replaceClaims, writeClaims } from "./user-claims.ts";

/** The row to write for a change that is no DELETE: transformed, columns as the target has them. */
export type RowFor = (change: Change) => Row;

export interface WriteRules {
  /** Columns that an update leaves as the target has them. */
  readonly keepOnUpdate: readonly string[];
  /**
   * Whether a row that is new on the source leaves a row of the same key alone. The target's is green's own then, or a
   * later image that came with the dump; what follows in the journal is written as ever. Default: none does.
   */
  readonly keepsExisting?: ((change: Change) => boolean) | undefined;
  /** Rows that are new on the source are thought to be lacking, all of them; an error of class "unique" when they are not. */
  readonly areLacking?: boolean;
  /** Writes what comes along with changed rows that the target did not hold, once they are written. */
  readonly bringAlong?: ((tx: Queryable, upserts: readonly Change[]) => Promise<void>) | undefined;
  /** Throws when the target's users have written one of these rows themselves since they are served there; asked once all are written. */
  readonly refuseOvertaken?: ((tx: Queryable, changes: readonly Change[]) => Promise<void>) | undefined;
  /** Throws when rows with these keys must not be deleted yet. */
  readonly beforeDelete?: (tx: Queryable, keys: readonly Key[]) => Promise<void>;
}

/**
 * Applies changes, in order of position, inside a transaction of the target: the net of them, with whole-batch
 * statements. Throws the driver's error when the target refuses one; see refused-batch.ts.
 */
export async function applyChanges(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  changes: readonly Change[],
  rowFor: RowFor,
  rules: WriteRules,
): Promise<void> {
  await applyNet(tx, dialect, table, netChanges(changes, table.key), rowFor, rules);
}

/** The same for changes that are netted already. */
export async function applyNet(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  segments: readonly NetSegment[],
  rowFor: RowFor,
  rules: WriteRules,
): Promise<void> {
  const key = (change: Change) => keyOf(table.key, change);
  for (const segment of segments) {
    refuseUnknownKeys(table, segment.deletes);
    const gone = segment.deletes.map(key);
    if (gone.length > 0) {
      await rules.beforeDelete?.(tx, gone);
      await dialect.deleteRows(tx, table, gone, false);
    }
    if (segment.upserts.length > 0) {
      const rows = segment.upserts.map(rowFor);
      const ifAbsent = keepingExisting(segment, rules);
      const own = segment.upserts.filter((change) => !ifAbsent.has(change));
      if (own.length > 0) await dialect.writeRows(tx, table, own.map(rowFor), rules.keepOnUpdate);
      if (ifAbsent.size > 0) await writeAbsent(tx, dialect, table, [...ifAbsent].map(rowFor), rules);
      await writeClaims(tx, dialect, table, rows);
      await replaceClaims(tx, dialect, table, rows);
      await writeSplitRows(tx, dialect, table, segment.upserts);
      await rules.bringAlong?.(tx, own);
    }
    if (segment.replaced.length > 0) await dialect.deleteRows(tx, table, segment.replaced.map(key), true);
  }
  await rules.refuseOvertaken?.(
    tx,
    segments.flatMap(({ deletes, upserts, replaced }) => [...deletes, ...upserts, ...replaced]),
  );
}

/** The upserts that must leave a row that is there alone, in order of position. */
function keepingExisting({ inserts }: NetSegment, { keepsExisting }: WriteRules): ReadonlySet<Change> {
  if (keepsExisting === undefined) return new Set();
  return new Set([...inserts].filter(keepsExisting));
}

async function writeAbsent(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  rows: readonly Row[],
  { areLacking }: WriteRules,
): Promise<void> {
  if (areLacking === true && dialect.insertRows !== undefined) await dialect.insertRows(tx, table, rows);
  else await dialect.writeRows(tx, table, rows, allColumns(table));
}

const allColumns = (table: TablePlan): readonly string[] => table.targetColumns.map(({ name }) => name);

/** A row whose key is not known would be left behind on the target. */
function refuseUnknownKeys(table: TablePlan, deletes: readonly Change[]): void {
  for (const { position, keyFailure } of deletes) {
    if (keyFailure !== undefined) throw transformFailed(table.name, position, keyFailure);
  }
}
