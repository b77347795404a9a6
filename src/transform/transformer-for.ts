import type { IsVersion } from "../config/versions.ts";
import { planTables, type SyncPlan, type TablePlan } from "../contract/sync-plan.ts";
import type { TableSchema } from "../contract/table-schema.ts";
import { SyncError } from "../errors.ts";
import { has } from "../plan/plan-table.ts";
import { rekeyedTable } from "../plan/rekeyed-tables.ts";
import { APPS, SCOPES } from "./back-lookups.ts";
import { LOCAL_IDP, SCIM_ID } from "./lookups.ts";
import { buildTransformer, type Transformer } from "./transformer.ts";

type Versions = Pick<SyncPlan, "sourceVersion" | "targetVersion" | "emailUserNames" | "direction">;

/** A column of CON_APP_KEY alone, the unique key that keeps a user from holding two ACTIVE tokens for one application and scope. */
const TOKEN_KEY_COLUMN = "TOKEN_SCOPE_HASH";

/**
 * Builds a table's transformer from the plan: versions, and what the live source's own key tells. On the way back the plan's
 * versions are blue's and green's still, its tables' source is green and their target blue. Throws SyncError
 * TRANSFORM_UNAVAILABLE when the target's table was not migrated yet and cannot take the rows.
 */
export function transformerFor(plan: SyncPlan, table: TablePlan, hashAlgorithm = "SHA-256"): Transformer {
  const transformer = planned(plan, table, hashAlgorithm);
  const reason = missingMigration(plan, table, transformer);
  if (reason !== undefined) {
    throw new SyncError("TRANSFORM_UNAVAILABLE", {
      what: `${table.name}: ${reason}`,
      next: migrateFirst(plan.targetVersion),
      at: { table: table.name },
    });
  }
  return transformer;
}

/** What the operator does about a table of {@link missingMigration}. */
export const migrateFirst = (targetVersion: IsVersion): string =>
  `Run WSO2's migration client on the target, to ${targetVersion}, then give the command again`;

/**
 * Why the target's table cannot take transformed rows, without its name: WSO2's migration client has not been at it.
 * Undefined when it can, and while the table is not there at all.
 */
export function missingMigration(
  plan: Versions,
  table: TablePlan,
  transformer: Transformer = planned(plan, table),
): string | undefined {
  // On the way back the target is blue, which nobody migrates.
  if (table.awaitsRestore || plan.direction === "back") return undefined;
  const { sourceVersion, targetVersion } = plan;
  if (rekeyedTable(table.name, sourceVersion, targetVersion) !== undefined && !table.isRekeyed)
    return `the target's table still has the shape of ${sourceVersion}`;
  // Written without such a column, a row would get its default once the migration client has added it, and be lost to
  // the server: tokens are looked up by IDP_ID.
  const missing = [...transformer.adds, ...transformer.expects].filter(
    (column) => !has(table.target, column),
  );
  if (missing.length === 0) return undefined;
  return `the target's table is not migrated to ${targetVersion}, it has no column ${missing.join(", ")}`;
}

function planned(
  { sourceVersion, targetVersion, emailUserNames, direction = "forward" }: Versions,
  table: TablePlan,
  hashAlgorithm = "SHA-256",
): Transformer {
  const key = table.source.uniqueKeys.find(({ columns }) =>
    columns.some((column) => column.toUpperCase() === TOKEN_KEY_COLUMN),
  );
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
    emailUserNames,
    direction,
    ...(direction === "back" ? { receives: lengthsOf(table.target) } : {}),
  });
}

/** The columns of a table, upper case, each with its length in characters where its type says one. */
function lengthsOf(table: TableSchema): ReadonlyMap<string, number | undefined> {
  return new Map(
    table.columns.map(({ name, type, kind }) => {
      const [, length] = /^[a-z2 ]*\((\d+)/i.exec(type) ?? [];
      return [name.toUpperCase(), kind === "text" && length !== undefined ? Number(length) : undefined];
    }),
  );
}

/** Tables besides the synced ones and their parents that a plan's transformation reads, on each side. */
export function lookupTables(plan: SyncPlan): {
  readonly source: readonly string[];
  readonly target: readonly string[];
} {
  const tables = planTables(plan);
  if (plan.direction === "back") {
    const needs = new Set(tables.flatMap((table) => planned(plan, table).needs.back));
    const both = [
      ...(needs.has("apps") ? [APPS.table] : []),
      ...(needs.has("idps") ? [LOCAL_IDP.table] : []),
    ];
    const scopes = [
      ...(needs.has("tokenScopes") ? [SCOPES.token.table] : []),
      ...(needs.has("codeScopes") ? [SCOPES.code.table] : []),
    ];
    return { source: [...both, ...scopes], target: both };
  }
  return {
    source: tables.some(({ name }) => name === "UM_USER") ? [SCIM_ID.table] : [],
    target: [LOCAL_IDP.table, ...(tables.some(({ isRekeyed }) => isRekeyed) ? ["UM_TENANT"] : [])],
  };
}
