import type { Queryable } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import type { Change } from "../journal/change.ts";
import { keyOf, type NetSegment, netChanges } from "../journal/net.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { Row } from "../row.ts";
import { transformFailed } from "../transform/transform-failed.ts";
import { writeSplitRows } from "./split-rows.ts";
import { replaceClaims, writeClaims } from "./user-claims.ts";

/** The row to write for a change that is no DELETE: transformed, columns as the target has them. */
export type RowFor = (change: Change) => Row;

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
  keepOnUpdate: readonly string[],
): Promise<void> {
  await applyNet(tx, dialect, table, netChanges(changes, table.key), rowFor, keepOnUpdate);
}

/** The same for changes that are netted already. */
export async function applyNet(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  segments: readonly NetSegment[],
  rowFor: RowFor,
  keepOnUpdate: readonly string[],
): Promise<void> {
  const key = (change: Change) => keyOf(table.key, change);
  for (const segment of segments) {
    refuseUnknownKeys(table, segment.deletes);
    if (segment.deletes.length > 0) await dialect.deleteRows(tx, table, segment.deletes.map(key), false);
    if (segment.upserts.length > 0) {
      const rows = segment.upserts.map(rowFor);
      await dialect.writeRows(tx, table, rows, keepOnUpdate);
      await writeClaims(tx, dialect, table, rows);
      await replaceClaims(tx, dialect, table, rows);
      await writeSplitRows(tx, dialect, table, segment.upserts);
    }
    if (segment.replaced.length > 0) await dialect.deleteRows(tx, table, segment.replaced.map(key), true);
  }
}

/** A row whose key is not known would be left behind on the target. */
function refuseUnknownKeys(table: TablePlan, deletes: readonly Change[]): void {
  for (const { position, keyFailure } of deletes) {
    if (keyFailure !== undefined) throw transformFailed(table.name, position, keyFailure);
  }
}
