/**
 * Which tables have a way back from green to blue, and why the others have none: known before the switch, not row by row
 * after it. Facts: rows of 5.11.0 written to the real tables of each release and migrated forward again.
 */
import { wholeTable } from "../config/known-tables.ts";
import { compareVersions, type IsVersion } from "../config/versions.ts";

export type WayBack =
  | { readonly kind: "carried" }
  /** Blue's release has no such table: what it holds is in other columns there, or nowhere. */
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly reason: string };

/** Tables with inverse rules, and the release from which on blue has them. */
const CARRIED: Readonly<Record<string, IsVersion>> = {
  IDN_IDENTITY_USER_DATA: "5.1.0",
  IDN_OAUTH2_ACCESS_TOKEN: "5.1.0",
  IDN_OAUTH2_ACCESS_TOKEN_SCOPE: "5.1.0",
  IDN_OAUTH2_AUTHORIZATION_CODE: "5.1.0",
  IDN_OAUTH2_AUTHZ_CODE_SCOPE: "5.10.0",
  IDN_OAUTH2_TOKEN_BINDING: "5.10.0",
};

/** Columns of green that the inverse reads where blue's release lacks them: the provider of a federated user. */
export const READ_ON_THE_WAY_BACK: readonly string[] = ["IDP_ID"];

const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /^UM_USER(_ATTRIBUTE)?$/,
    "both sides number users on their own, and a deleted one's number on blue is not found by the name that green no longer has",
  ],
  [
    /^(IDN_AUTH_(SESSION|TEMP_SESSION|USER)|IDN_FED_AUTH_SESSION|IDN_SAML2_ARTIFACT)/,
    "sessions are serialized objects of 5.11.0, which older releases cannot read",
  ],
  [/^CM_/, "consents are kept as 5.11.0 keeps them, which older releases cannot read"],
  [
    /^(UM_(HYBRID_|SYSTEM_|SHARED_USER_|USER_)?(GROUP_)?(ROLE|PERMISSION)|UM_ROLE_PERMISSION|UM_HYBRID_|UM_USER_(ROLE|PERMISSION)|IDN_SCIM_GROUP)/,
    "5.11.0 separates groups and roles: there is no telling which roles and permissions of an older release they make",
  ],
];

/** What becomes of a table (upper case) on the way back to a release. */
export function wayBack(table: string, blueVersion: IsVersion): WayBack {
  const since = CARRIED[wholeTable(table)];
  if (since !== undefined)
    return compareVersions(blueVersion, since) >= 0 ? { kind: "carried" } : { kind: "absent" };
  const [, reason] = REASONS.find(([name]) => name.test(table)) ?? [];
  return {
    kind: "refused",
    reason: reason ?? "no way back is known for its rows, which both sides number on their own",
  };
}

/** Why these tables have no way back, one sentence each; empty when all have one, or blue has no such table. */
export function wayBackProblems(tables: readonly string[], blueVersion: IsVersion): readonly string[] {
  if (compareVersions(blueVersion, "5.1.0") < 0)
    return ["there is no way back to 5.0.0: its tables have no place for most of what 5.11.0 writes"];
  return tables.flatMap((table) => {
    const verdict = wayBack(table, blueVersion);
    return verdict.kind === "refused" ? [`${table}: ${verdict.reason}`] : [];
  });
}
