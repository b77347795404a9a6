/** Generated work of users whose transactions stay open, and what each step is as SQL. */

import fc from "fast-check";
import { deleteToken, insertScope, insertToken, touchToken } from "../token-rows.ts";

export const SESSIONS = 3;

type Kind = "token" | "scope" | "touch" | "delete" | "savepoint" | "undo" | "release" | "commit" | "rollback";

export interface Step {
  readonly session: number;
  readonly kind: Kind;
}

/** What happens between two answers of the gate. */
export type Round = readonly Step[];

const step: fc.Arbitrary<Step> = fc.record({
  session: fc.integer({ min: 0, max: SESSIONS - 1 }),
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Kind>("token") },
    { weight: 2, arbitrary: fc.constantFrom<Kind>("scope", "touch", "delete") },
    { weight: 2, arbitrary: fc.constantFrom<Kind>("savepoint", "undo", "release") },
    { weight: 5, arbitrary: fc.constantFrom<Kind>("commit", "commit", "rollback") },
  ),
});

export const anyRound: fc.Arbitrary<Round> = fc.array(step, { minLength: 1, maxLength: 6 });

/** One user's transaction; rows of his own, so that nobody waits for another. */
export interface User {
  /** The statements of a step; none where it makes no sense at the moment. */
  sql(kind: Kind): readonly string[];
  /** Ends whatever is open with a commit. */
  end(): readonly string[];
}

export function createUser(name: string): User {
  let tokens = 0;
  let scopes = 0;
  let isOpen = false;
  let hasSavepoint = false;
  const begin = (): readonly string[] => {
    const first = isOpen ? [] : ["BEGIN"];
    isOpen = true;
    return first;
  };
  const end = (how: "COMMIT" | "ROLLBACK"): readonly string[] => {
    const last = isOpen ? [how] : [];
    isOpen = false;
    hasSavepoint = false;
    return last;
  };
  const latest = (): string => `${name}-${tokens}`;
  return {
    sql(kind) {
      switch (kind) {
        case "token":
          tokens += 1;
          return [...begin(), insertToken(latest())];
        case "scope":
          scopes += 1;
          // Of the application's own token, which nobody deletes.
          return [...begin(), insertScope("first", `${name}-${scopes}`)];
        case "touch":
          return [...begin(), touchToken(latest(), `${tokens}-${scopes++}`)];
        case "delete":
          return [...begin(), deleteToken(latest())];
        case "savepoint": {
          const opened = begin();
          hasSavepoint = true;
          return [...opened, "SAVEPOINT s"];
        }
        case "undo":
          return hasSavepoint ? ["ROLLBACK TO SAVEPOINT s"] : [];
        case "release": {
          const statements = hasSavepoint ? ["RELEASE SAVEPOINT s"] : [];
          hasSavepoint = false;
          return statements;
        }
        case "commit":
          return end("COMMIT");
        case "rollback":
          return end("ROLLBACK");
      }
    },
    end: () => end("COMMIT"),
  };
}
