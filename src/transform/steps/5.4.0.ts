import { isFederated } from "../by-name.ts";
import type { Step } from "../step.ts";

const WITH_USERS: readonly string[] = ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_AUTHORIZATION_CODE"];

/**
 * 5.4.0 changed no row of the synced tables; from then on the servers tell users of other identity providers apart. A server
 * before it would take a federated joe for the local joe, so such a row never goes back.
 */
export const step: Step = {
  version: "5.4.0",
  title: "federated users",
  forTable: () => undefined,
  back: (table) =>
    WITH_USERS.includes(table)
      ? {
          transform: (row) =>
            isFederated(row)
              ? {
                  failure:
                    "USER_DOMAIN: a federated user, whom blue's release would take for the local user of that name",
                }
              : { row },
        }
      : undefined,
};
