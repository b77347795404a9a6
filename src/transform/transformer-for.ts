import { SyncError } from "../errors.ts";
import { rekeyedTable } from "../plan/rekeyed-tables.ts";
import { planTables, type SyncPlan, type TablePlan } from "../plan/sync-plan.ts";
import { LOCAL_IDP, SCIM_ID } from "./lookups.ts";
import { buildTransformer, type Transformer } from "./transformer.ts";

/** The unique key that keeps a user from holding two ACTIVE tokens for one application and scope. */
const TOKEN_KEY = "CON_APP_KEY";

/**
 * Builds a table's transformer from the plan: versions, and what the live source's own key tells. Throws SyncError
 * TRANSFORM_UNAVAILABLE when the target's table was not migrated yet and cannot take the rows.
 */
export function transformerFor(plan: SyncPlan, table: TablePlan, hashAlgorithm = "SHA-256"): Transformer {
  const { sourceVersion, targetVersion } = plan;
  if (rekeyedTable(table.name, sourceVersion, targetVersion) !== undefined && !table.isRekeyed) {
    throw new SyncError("TRANSFORM_UNAVAILABLE", {
      what: `${table.name}: the target's table still has the shape of ${sourceVersion}`,
      next: `Run WSO2's migration client on the target, to ${targetVersion}, then start the run again`,
      at: { table: table.name },
    });
  }
  const key = table.source.uniqueKeys.find((candidate) => candidate.name.toUpperCase() === TOKEN_KEY);
  return buildTransformer({
    table: table.name,
    sourceVersion,
    targetVersion,
    sourceCaptureFacts: {
      scopeHashKeyIncludesTenant:
        // 5.0.0 has the tenant in AUTHZ_USER.
        table.isRekeyed === true ||
        key === undefined ||
        key.columns.some((column) => column.toUpperCase() === "TENANT_ID"),
    },
    hashAlgorithm,
  });
}

/** Tables besides the synced ones and their parents that a plan's transformation reads, on each side. */
export function lookupTables(plan: SyncPlan): {
  readonly source: readonly string[];
  readonly target: readonly string[];
} {
  const tables = planTables(plan);
  return {
    source: tables.some(({ name }) => name === "UM_USER") ? [SCIM_ID.table] : [],
    target: [LOCAL_IDP.table, ...(tables.some(({ isRekeyed }) => isRekeyed) ? ["UM_TENANT"] : [])],
  };
}
