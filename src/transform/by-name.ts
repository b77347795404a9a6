/**
 * The first part of the way back, whatever the releases: numbers of applications and identity providers, which each side hands out
 * on its own, are found by name. Then the steps take the row back, release by release.
 */
import { createHash } from "node:crypto";
import { compareVersions, type IsVersion } from "../config/versions.ts";
import type { Row, Value } from "../row.ts";
import { type BackLookups, NO_BACK_LOOKUPS } from "./back-lookups.ts";
import type { TableStep, TransformContext, Transformed } from "./step.ts";

/** Whether blue's table has a column that came with a release, or came earlier by an update. */
export function receives(
  { receives: columns, sourceVersion }: TransformContext,
  column: string,
  since: IsVersion,
): boolean {
  if (columns !== undefined) return columns.has(column);
  return compareVersions(sourceVersion as IsVersion, since) >= 0;
}

/** Users of other identity providers: `FEDERATED`, or `FEDERATED:<NAME>` in 5.4.0 to 5.7.0. */
export const isFederated = (row: Row): boolean => {
  const domain = row["USER_DOMAIN"];
  return typeof domain === "string" && (domain === "FEDERATED" || domain.startsWith("FEDERATED:"));
};

/** The part for a table (upper case); undefined where nothing is found by name. */
export function byName(table: string, context: TransformContext): TableStep | undefined {
  if (table === "IDN_OAUTH2_ACCESS_TOKEN")
    return {
      needsBack: ["apps", "idps", "tokenScopes"],
      // Green's may be made up, and so may blue's: see scope-hash.ts.
      keepOnUpdate: ["TOKEN_SCOPE_HASH"],
      transform: (row, { back = NO_BACK_LOOKUPS }) => {
        const found = withNumbers(row, back, context);
        return "failure" in found ? found : { row: { ...found.row, ...scopeHash(row, back) } };
      },
    };
  if (table === "IDN_OAUTH2_AUTHORIZATION_CODE")
    return {
      needsBack: ["apps", "idps"],
      transform: (row, { back = NO_BACK_LOOKUPS }) => withNumbers(row, back, context),
    };
  return undefined;
}

function withNumbers(row: Row, { apps, idps }: BackLookups, context: TransformContext): Transformed {
  const { CONSUMER_KEY_ID: app = null, IDP_ID: idp = null } = row;
  const appId = app === null ? null : apps.get(String(app));
  if (appId === undefined) return { failure: "CONSUMER_KEY_ID: blue does not know the application" };
  const idpId = idp === null || idp === "-1" ? idp : idps.get(String(idp));
  const isNeeded = receives(context, "IDP_ID", "5.8.0") || isFederated(row);
  if (idpId === undefined && isNeeded) return { failure: "IDP_ID: blue does not know the identity provider" };
  return { row: { ...row, CONSUMER_KEY_ID: appId, ...("IDP_ID" in row ? { IDP_ID: idpId ?? idp } : {}) } };
}

/** As the servers make it of a token's scopes (OAuth2Util.hashScopes); a token without any keeps what it has. */
function scopeHash(row: Row, { tokenScopes }: BackLookups): Readonly<Record<string, Value>> {
  const scopes = tokenScopes.get(String(row["TOKEN_ID"]));
  if (scopes === undefined) return {};
  return { TOKEN_SCOPE_HASH: createHash("md5").update(scopes.join(" "), "utf8").digest("hex") };
}

/** Fails a row with a text that blue's column is too short for. */
export function withinLengths({ receives: columns }: TransformContext): TableStep["transform"] {
  const limits = [...(columns ?? [])].flatMap(([column, length]) =>
    length === undefined ? [] : [[column, length] as const],
  );
  return (row) => {
    for (const [column, length] of limits) {
      const value = row[column];
      if (typeof value === "string" && value.length > length && [...value].length > length)
        return { failure: `${column}: is longer than the ${length} characters of blue's column` };
    }
    return { row };
  };
}
