import type { SyncPlan, TablePlan } from "../plan/sync-plan.ts";
import { buildTransformer, type Transformer } from "./transformer.ts";

/** The unique key that keeps a user from holding two ACTIVE tokens for one application and scope. */
const TOKEN_KEY = "CON_APP_KEY";

/** Builds a table's transformer from the plan: versions, and what the live source's own key tells. */
export function transformerFor(plan: SyncPlan, table: TablePlan, hashAlgorithm = "SHA-256"): Transformer {
  const key = table.source.uniqueKeys.find((candidate) => candidate.name.toUpperCase() === TOKEN_KEY);
  return buildTransformer({
    table: table.name,
    sourceVersion: plan.sourceVersion,
    targetVersion: plan.targetVersion,
    sourceCaptureFacts: {
      scopeHashKeyIncludesTenant:
        key === undefined || key.columns.some((column) => column.toUpperCase() === "TENANT_ID"),
    },
    hashAlgorithm,
  });
}
