import { SyncError } from "../../errors.ts";
import type { Step } from "../step.ts";

/** The four tables synced by default; all but the scope table exist at 5.0.0. */
const REBUILT: ReadonlySet<string> = new Set([
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
]);

/**
 * 5.1.0 gave tokens and codes new keys, split the user name and moved the scopes to a table of their own. That takes
 * look-ups on both sides and is not offered: throws SyncError TRANSFORM_UNAVAILABLE.
 */
export const step: Step = {
  version: "5.1.0",
  title: "new keys, split user names, scopes in a table",
  forTable: (table, { sourceVersion }) => {
    if (!REBUILT.has(table)) return undefined;
    throw new SyncError("TRANSFORM_UNAVAILABLE", {
      what: `Rows of ${table} cannot be brought from ${sourceVersion} to 5.1.0 or later: 5.1.0 gave the token tables new keys`,
      next: "Upgrade the source to 5.1.0 or later first, or take this table out of syncTables",
      at: { table },
    });
  },
};
