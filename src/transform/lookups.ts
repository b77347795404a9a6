import { USER_ID_CLAIM } from "../plan/user-claims.ts";
import type { Row } from "../row.ts";
import type { BackLookups } from "./back-lookups.ts";
import { SUPER_TENANT } from "./user-name.ts";

/**
 * What steps need to know besides the row itself, loaded before a batch is transformed; from the **target** where nothing
 * else is said.
 */
export interface Lookups {
  /** TENANT_ID as text -> IDP.ID as text of that tenant's own identity provider, the one named LOCAL. */
  readonly localIdpIdByTenant: ReadonlyMap<string, string>;
  /** IDN_OAUTH_CONSUMER_APPS: CONSUMER_KEY -> ID, of the batch's rows; only where a 5.0.0 source needs it. */
  readonly appIdByConsumerKey?: ReadonlyMap<string, string>;
  /** UM_TENANT: domain in lower case -> id, with the super tenant; only where a 5.0.0 source needs it. */
  readonly tenantIdByDomain?: ReadonlyMap<string, string>;
  /** `<UM_ID>/<UM_TENANT_ID>` -> SCIM's id of the user, of the batch's rows; from the **source**. */
  readonly scimIdByUser?: ReadonlyMap<string, string>;
  /** Only on the way back; from both sides, as back-lookups.ts says. */
  readonly back?: BackLookups;
}

/** For transformers whose `needs.localIdp` is false. */
export const NO_LOOKUPS: Lookups = { localIdpIdByTenant: new Map() };

/**
 * What to read from the target to fill `localIdpIdByTenant`: these columns of every row of IDP whose NAME is LOCAL.
 * Each tenant has at most one, (TENANT_ID, NAME) being unique in IDP since 5.0.0. The target and not the source,
 * because the ids are written into target rows; again and again, because tenants are made while the run goes on.
 */
export const LOCAL_IDP = {
  table: "IDP",
  columns: ["ID", "NAME", "TENANT_ID"],
  name: "LOCAL",
} as const;

/** Where the source keeps the id that SCIM gave a user: the attribute that WSO2 maps its id claim to. */
export const SCIM_ID = { table: USER_ID_CLAIM.table, attribute: USER_ID_CLAIM.attribute } as const;

/** Domains in lower case to tenant ids, from rows of UM_TENANT; the super tenant stands in no row. */
export function tenantIds(rows: Iterable<Row>): ReadonlyMap<string, string> {
  const ids = new Map([[SUPER_TENANT, "-1234"]]);
  for (const { UM_ID: id, UM_DOMAIN_NAME: domain } of rows) {
    if (typeof id === "string" && typeof domain === "string") ids.set(domain.toLowerCase(), id);
  }
  return ids;
}

/**
 * Builds the look-up from rows of IDP. Rows with another name are passed over, so that a filter which the database
 * applies without regard to case, or no filter at all, does no harm.
 */
export function localIdpIds(rows: Iterable<Row>): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const { ID: id, NAME: name, TENANT_ID: tenant } of rows) {
    if (name === LOCAL_IDP.name && typeof id === "string" && typeof tenant === "string") ids.set(tenant, id);
  }
  return ids;
}
