import { stableId } from "../resolve-keys.ts";
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

const TABLES: ReadonlyMap<string, TableStep> = new Map([
  ["IDN_OAUTH2_ACCESS_TOKEN", TOKEN],
  ["IDN_OAUTH2_AUTHORIZATION_CODE", CODE],
  ["UM_USER", USER],
]);

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
  forTable: (table) => TABLES.get(table),
};
