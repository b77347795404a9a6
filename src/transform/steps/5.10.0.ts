import type { Step } from "../step.ts";

const WITH_IDP: ReadonlySet<string> = new Set(["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_AUTHORIZATION_CODE"]);

/**
 * 5.10.0 made IDP_ID NOT NULL DEFAULT -1; databases made by the scripts of 5.8.0 and 5.9.0 may hold nulls in it.
 * TOKEN_BINDING_REF, which 5.10.0 added, is not touched: left out of the row it gets the target's default, 'NONE'.
 */
export const step: Step = {
  version: "5.10.0",
  title: "identity provider never null",
  forTable: (table) =>
    WITH_IDP.has(table)
      ? { transform: (row) => ({ row: row["IDP_ID"] === null ? { ...row, IDP_ID: "-1" } : row }) }
      : undefined,
};
