/**
 * Rows that WSO2's migration removes, so that the target is to have none of them: they are neither written nor missing.
 *
 * 5.11.0 deletes the user portal's applications of all tenants but the super tenant (migration-resources, 5.11.0, step4:
 * `CONSUMER_KEY LIKE 'USER_PORTAL%.com' AND TENANT_ID <> -1234`; SP_APP 'User Portal'), and by cascade what refers to them.
 */
import { partitionedTable, wholeTable } from "../config/known-tables.ts";
import { compareVersions, type IsVersion, isStepBetween } from "../config/versions.ts";
import type { Row } from "../row.ts";

/** A table with rows that are removed by what stands in them. */
export interface RemovedRows {
  readonly table: string;
  readonly id: string;
  readonly reads: readonly string[];
  readonly isRemoved: (row: Row) => boolean;
}

const SUPER_TENANT_ID = "-1234";

/** As LIKE has it: `_` is any character, `%` any number of them. */
const USER_PORTAL = /^USER.PORTAL.*\.com$/s;

const REMOVED: readonly RemovedRows[] = [
  {
    table: "IDN_OAUTH_CONSUMER_APPS",
    id: "ID",
    reads: ["CONSUMER_KEY", "TENANT_ID"],
    isRemoved: ({ CONSUMER_KEY: key, TENANT_ID: tenant }) =>
      typeof key === "string" && USER_PORTAL.test(key) && tenant !== null && tenant !== SUPER_TENANT_ID,
  },
  {
    table: "SP_APP",
    id: "ID",
    reads: ["APP_NAME", "TENANT_ID"],
    isRemoved: ({ APP_NAME: name, TENANT_ID: tenant }) =>
      name === "User Portal" && tenant !== SUPER_TENANT_ID,
  },
];

/** The column by which a table's rows belong to a row of another table, and go along with it. */
export interface Belonging {
  readonly column: string;
  readonly to: string;
  /** The key of that table. */
  readonly key: string;
}

const APP = { to: "IDN_OAUTH_CONSUMER_APPS", key: "ID" } as const;
const TOKEN = { to: "IDN_OAUTH2_ACCESS_TOKEN", key: "TOKEN_ID" } as const;
const CODE = { to: "IDN_OAUTH2_AUTHORIZATION_CODE", key: "CODE_ID" } as const;
const SP = { to: "SP_APP", key: "ID" } as const;

const BELONGINGS: Readonly<Record<string, Belonging>> = {
  IDN_OAUTH2_ACCESS_TOKEN: { column: "CONSUMER_KEY_ID", ...APP },
  IDN_OAUTH2_AUTHORIZATION_CODE: { column: "CONSUMER_KEY_ID", ...APP },
  IDN_OAUTH2_ACCESS_TOKEN_SCOPE: { column: "TOKEN_ID", ...TOKEN },
  IDN_OAUTH2_TOKEN_BINDING: { column: "TOKEN_ID", ...TOKEN },
  IDN_OAUTH2_AUTHZ_CODE_SCOPE: { column: "CODE_ID", ...CODE },
  IDN_OIDC_REQ_OBJECT_REFERENCE: { column: "CONSUMER_KEY_ID", ...APP },
  IDN_OAUTH2_DEVICE_FLOW: { column: "CONSUMER_KEY_ID", ...APP },
  IDN_OAUTH2_SCOPE_VALIDATORS: { column: "APP_ID", ...APP },
  IDN_OAUTH1A_ACCESS_TOKEN: { column: "CONSUMER_KEY_ID", ...APP },
  IDN_OAUTH1A_REQUEST_TOKEN: { column: "CONSUMER_KEY_ID", ...APP },
  ...Object.fromEntries(
    [
      ...["SP_INBOUND_AUTH", "SP_AUTH_STEP", "SP_CLAIM_DIALECT", "SP_CLAIM_MAPPING", "SP_ROLE_MAPPING"],
      ...["SP_REQ_PATH_AUTHENTICATOR", "SP_PROVISIONING_CONNECTOR"],
    ].map((table) => [table, { column: "APP_ID", ...SP }]),
  ),
  SP_METADATA: { column: "SP_ID", ...SP },
};

/** Whether the migration between two releases removes rows at all. */
export function removesRows(source: IsVersion, target: IsVersion): boolean {
  // 5.0.0 knows no user portal, and numbers no applications.
  return compareVersions(source, "5.1.0") >= 0 && isStepBetween("5.11.0", source, target);
}

/** The rule for a table (upper case) whose own rows tell. */
export function removedRows(table: string): RemovedRows | undefined {
  return REMOVED.find((one) => one.table === table);
}

/** What the rows of a table (upper case) belong to; a partition's scopes belong to the partition's tokens. */
export function belonging(table: string): Belonging | undefined {
  const found = BELONGINGS[wholeTable(table)];
  const part = partitionedTable(table)?.part;
  if (found === undefined || part === undefined || found.to !== TOKEN.to) return found;
  return { ...found, to: `${found.to}_${part}` };
}
