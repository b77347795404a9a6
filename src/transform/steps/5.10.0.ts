import { stableId } from "../resolve-keys.ts";
import type { Step, TableStep } from "../step.ts";

const WITH_IDP: ReadonlySet<string> = new Set(["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_AUTHORIZATION_CODE"]);

const IDP: TableStep = {
  transform: (row) => ({ row: row["IDP_ID"] === null ? { ...row, IDP_ID: "-1" } : row }),
};

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

/**
 * 5.10.0 made IDP_ID NOT NULL DEFAULT -1; databases made by the scripts of 5.8.0 and 5.9.0 may hold nulls in it.
 * TOKEN_BINDING_REF, which 5.10.0 added, is not touched: left out of the row it gets the target's default, 'NONE'.
 *
 * It also gave users an id: the one of SCIM if there is one, else a random UUID. A user that the target has keeps its
 * id; a new one gets SCIM's, or one that the next run would give again.
 */
export const step: Step = {
  version: "5.10.0",
  title: "identity provider never null, ids of users",
  forTable: (table) => (WITH_IDP.has(table) ? IDP : table === "UM_USER" ? USER : undefined),
};
