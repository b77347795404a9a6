import { type IsVersion, isStepBetween } from "../config/versions.ts";
import type { TableSchema } from "../contract/table-schema.ts";

/**
 * Where the id that 5.10.0 gave every user is kept a second time: as the claim http://wso2.org/claims/userid, which
 * WSO2 maps to this attribute (identity-migration-resources, v5100 UserIDMigrator; claim-config.xml). SCIM's id is the
 * same claim, so a user who has one keeps it.
 */
export const USER_ID_CLAIM = {
  users: "UM_USER",
  table: "UM_USER_ATTRIBUTE",
  attribute: "scimId",
  profile: "default",
} as const;

/** Columns of the attribute table that a claim is made of. */
const COLUMNS = ["UM_ID", "UM_ATTR_NAME", "UM_ATTR_VALUE", "UM_PROFILE_ID", "UM_USER_ID", "UM_TENANT_ID"];

/** Whether rows of the target's attribute table are also made by the migration, and by us. */
export function holdsUserIds(
  table: TableSchema | undefined,
  source: IsVersion,
  target: IsVersion,
): table is TableSchema {
  if (table?.name.toUpperCase() !== USER_ID_CLAIM.table || !isStepBetween("5.10.0", source, target))
    return false;
  const columns = new Set(table.columns.map(({ name }) => name.toUpperCase()));
  return table.primaryKey.length > 0 && COLUMNS.every((column) => columns.has(column));
}
