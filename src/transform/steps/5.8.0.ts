import type { Row } from "../../row.ts";
import { receives } from "../by-name.ts";
import type { Lookups } from "../lookups.ts";
import { collisionScopeHash } from "../scope-hash.ts";
import type { Step, TableStep, Transformed } from "../step.ts";

const ACCESS_TOKEN = "IDN_OAUTH2_ACCESS_TOKEN";
const AUTHORIZATION_CODE = "IDN_OAUTH2_AUTHORIZATION_CODE";

/** IDP_ID of a row that belongs to no local identity provider: the column's default. */
const NO_IDP = "-1";

/**
 * 5.8.0 added IDP_ID, which the server joins on from then on, and corrected CON_APP_KEY on PostgreSQL and Oracle.
 *
 * IDP_ID becomes the id of the LOCAL identity provider of the row's own tenant, overwriting one that is there. It is
 * -1, or what the row has, where USER_DOMAIN is exactly FEDERATED or null. `FEDERATED:<name>`, as 5.4.0-5.7.0 write it,
 * gets the LOCAL id like any other domain: WSO2's statement compares the whole text, and so do its results.
 *
 * TOKEN_SCOPE_HASH of a row which the target has may be one that the script made up when the key was corrected
 * (`scope-hash.ts`), so from such sources an update leaves it alone. The server never changes a token's scopes.
 */
export const step: Step = {
  version: "5.8.0",
  title: "identity provider of tokens and codes",
  forTable: (table, { sourceCaptureFacts }) => {
    if (table !== ACCESS_TOKEN && table !== AUTHORIZATION_CODE) return undefined;
    const idpStep: TableStep = { transform: setIdp, adds: ["IDP_ID"], needsLocalIdp: true };
    if (table !== ACCESS_TOKEN || sourceCaptureFacts.scopeHashKeyIncludesTenant) return idpStep;
    return { ...idpStep, keepOnUpdate: ["TOKEN_SCOPE_HASH"], onUniqueConflict: collisionScopeHash };
  },
  back: (table, context) => {
    if (table !== ACCESS_TOKEN && table !== AUTHORIZATION_CODE) return undefined;
    // An update brought the column to older releases, and with it the domain without the provider's name.
    if (receives(context, "IDP_ID", "5.8.0")) return undefined;
    return { needsBack: ["idpNames"], transform: dropIdp };
  },
};

/** Before 5.8.0 the provider of a federated user stands in USER_DOMAIN (OAuth2Util.getFederatedUserDomain). */
function dropIdp({ IDP_ID: idp = null, ...row }: Row, { back }: Lookups): Transformed {
  if (row["USER_DOMAIN"] !== "FEDERATED") return { row };
  const name = back?.idpNames.get(String(idp))?.trim() ?? "";
  return { row: name === "" ? row : { ...row, USER_DOMAIN: `FEDERATED:${name.toUpperCase()}` } };
}

function setIdp(row: Row, { localIdpIdByTenant }: Lookups): Transformed {
  const domain = row["USER_DOMAIN"] ?? null;
  if (domain === null || domain === "FEDERATED") return { row: { ...row, IDP_ID: row["IDP_ID"] ?? NO_IDP } };
  const tenant = row["TENANT_ID"];
  if (typeof tenant !== "string")
    return { failure: "TENANT_ID: is null, so the row has no identity provider" };
  const localIdp = localIdpIdByTenant.get(tenant);
  if (localIdp === undefined) {
    return {
      failure:
        "IDP_ID: the row's tenant has no identity provider named LOCAL in the target's table IDP, or that table may not be read",
    };
  }
  return { row: { ...row, IDP_ID: localIdp } };
}
