import { USER_ID_CLAIM } from "../../plan/user-claims.ts";
import type { Row } from "../../row.ts";
import { attributeKey, userKey } from "../back-lookups.ts";
import type { Lookups } from "../lookups.ts";
import { stableId } from "../resolve-keys.ts";
import { collisionScopeHash } from "../scope-hash.ts";
import type { Step, TableStep } from "../step.ts";

const CODE: TableStep = {
  transform: (row) => ({ row: row["IDP_ID"] === null ? { ...row, IDP_ID: "-1" } : row }),
};

const TOKEN: TableStep = { ...CODE, expects: ["TOKEN_BINDING_REF"] };

const USER: TableStep = {
  adds: ["UM_USER_ID"],
  keepOnUpdate: ["UM_USER_ID"],
  needsScimIds: true,
  transform: (row, { scimIdByUser }) => {
    if (typeof row["UM_USER_ID"] === "string") return { row };
    const user = `${row["UM_ID"]}/${row["UM_TENANT_ID"]}`;
    return { row: { ...row, UM_USER_ID: scimIdByUser?.get(user) ?? stableId(`UM_USER ${user}`) } };
  },
};

/** A UUID that the client draws at random for the rows it finds, and that a later row must have too. */
const withUuid = (table: string, column: string): TableStep => ({
  adds: [column],
  keepOnUpdate: [column],
  transform: (row) =>
    typeof row[column] === "string"
      ? { row }
      : { row: { ...row, [column]: stableId(`${table} ${row["ID"]}`) } },
});

const TABLES: ReadonlyMap<string, TableStep> = new Map<string, TableStep>([
  ["IDN_OAUTH2_ACCESS_TOKEN", TOKEN],
  ["IDN_OAUTH2_AUTHORIZATION_CODE", CODE],
  ["UM_USER", USER],
  ["IDP", withUuid("IDP", "UUID")],
  ["SP_APP", withUuid("SP_APP", "UUID")],
  ["IDN_ASSOCIATED_ID", withUuid("IDN_ASSOCIATED_ID", "ASSOCIATION_ID")],
]);

/**
 * 5.10.0 made IDP_ID NOT NULL DEFAULT -1; databases made by the scripts of 5.8.0 and 5.9.0 may hold nulls in it.
 * TOKEN_BINDING_REF, which 5.10.0 added, is not touched: left out of the row it gets the target's default, 'NONE'.
 *
 * It also gave users an id: the one of SCIM if there is one, else a random UUID. A user that the target has keeps its
 * id; a new one gets SCIM's, or one that the next run would give again. So do identity providers, applications and
 * associated ids: their UUID columns have no default on MySQL and MariaDB.
 */
export const step: Step = {
  version: "5.10.0",
  title: "identity provider never null, ids of users and providers",
  forTable: (table) => TABLES.get(table),
  back: (table) => BACK.get(table),
};

const BACK: ReadonlyMap<string, TableStep> = new Map<string, TableStep>([
  [
    "IDN_OAUTH2_ACCESS_TOKEN",
    {
      transform: ({ TOKEN_BINDING_REF: _binding, ...row }) => ({ row }),
      // The key of older releases lacks the binding: two browsers of one user collide.
      onUniqueConflict: collisionScopeHash,
    },
  ],
  [
    "IDN_OAUTH2_AUTHORIZATION_CODE",
    {
      needsBack: ["codeScopes"],
      // From 5.10.0 on the servers write '' here and the scopes to a table of their own.
      transform: (row, { back }) => {
        const scopes = back?.codeScopes.get(String(row["CODE_ID"])) ?? [];
        const isThere = typeof row["SCOPE"] === "string" && row["SCOPE"] !== "";
        return { row: isThere || scopes.length === 0 ? row : { ...row, SCOPE: scopes.join(" ") } };
      },
    },
  ],
  [
    "UM_USER",
    {
      needsBack: ["users"],
      numbers: ["UM_ID"],
      transform: ({ UM_USER_ID: _id, UM_ID: id = null, ...row }, { back }) => {
        const user = back?.users.get(userKey(id, row["UM_TENANT_ID"]));
        if (user?.isTwice)
          return {
            failure: "UM_USER_NAME: green has two users of this name in the tenant, and blue can have one",
          };
        return { row: user?.blueId === undefined ? row : { UM_ID: user.blueId, ...row } };
      },
    },
  ],
  [
    "UM_USER_ATTRIBUTE",
    {
      needsBack: ["users", "attributes"],
      numbers: ["UM_ID"],
      // Ids of users are green's own; one that blue's SCIM gave a user is blue's too.
      leavesOut: (row, lookups) => isUserIdClaim(row) && attributeOf(row, lookups) === undefined,
      transform: ({ UM_ID: _id, ...row }, lookups) => {
        const owner = lookups.back?.users.get(userKey(row["UM_USER_ID"], row["UM_TENANT_ID"]));
        if (owner?.blueId === undefined) return { failure: "UM_USER_ID: blue does not have the user" };
        const number = attributeOf(row, lookups);
        const own = { ...row, UM_USER_ID: owner.blueId };
        return { row: number === undefined ? own : { UM_ID: number, ...own } };
      },
    },
  ],
]);

const isUserIdClaim = (row: Row): boolean =>
  row["UM_ATTR_NAME"] === USER_ID_CLAIM.attribute && row["UM_PROFILE_ID"] === USER_ID_CLAIM.profile;

/** Blue's number of an attribute of green's. */
function attributeOf(row: Row, { back }: Lookups): string | undefined {
  const owner = back?.users.get(userKey(row["UM_USER_ID"], row["UM_TENANT_ID"]))?.blueId;
  return owner === undefined ? undefined : back?.attributes.get(attributeKey({ ...row, UM_USER_ID: owner }));
}
