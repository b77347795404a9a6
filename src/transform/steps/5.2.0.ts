import { receives } from "../by-name.ts";
import type { Step } from "../step.ts";

const PKCE = ["PKCE_CODE_CHALLENGE", "PKCE_CODE_CHALLENGE_METHOD"] as const;

/** 5.2.0 gave codes their PKCE columns, of which older rows have none; an update brought them to 5.1.0. */
export const step: Step = {
  version: "5.2.0",
  title: "PKCE of codes",
  forTable: () => undefined,
  back: (table, context) => {
    if (table !== "IDN_OAUTH2_AUTHORIZATION_CODE" || receives(context, PKCE[0], "5.2.0")) return undefined;
    return {
      transform: ({ PKCE_CODE_CHALLENGE: _challenge, PKCE_CODE_CHALLENGE_METHOD: _method, ...row }) => ({
        row,
      }),
    };
  },
};
