/** What `doctor` says of privileges, in the same words whichever database it asks. */
import type { Fact, FactScope, Finding } from "../contract/fact.ts";
import type { Statement } from "../contract/statements.ts";
import type { ResultRow } from "../db/database.ts";
import { ok } from "./doctor-answers.ts";

/** Privileges that are not granted on one table. */
export interface NotGranted {
  readonly table: string;
  readonly privileges: readonly string[];
  /** The table as GRANT takes it; default: as it is named. */
  readonly object?: string;
}

export interface RunGrants {
  readonly ask: Statement;
  /** What the answer says. */
  readonly missing: (rows: readonly ResultRow[]) => readonly NotGranted[];
  /** The user as GRANT takes it. */
  readonly user: (rows: readonly ResultRow[]) => string;
  /** Tables of ours that are not there yet are among those asked about. */
  readonly asksBeforePrepare: boolean;
}

/** Whether a run's user may do what a run does. */
export function runGrantsFact({ isPrepared }: FactScope, grants: RunGrants): Fact {
  const { ask, missing, user, asksBeforePrepare } = grants;
  const wanted = "the privileges that a run needs on its tables";
  return {
    id: "grants-run",
    group: "grants",
    title: "privileges of the user that runs",
    ask,
    judge: (rows) => {
      const lacking = missing(rows);
      if (lacking.length === 0) return ok("all are granted", wanted);
      return {
        status: "fail",
        found: `missing: ${lacking.map(({ table, privileges }) => `${privileges.join(", ")} on ${table}`).join("; ")}`,
        wanted,
        statements: lacking.map(
          ({ table, object = table, privileges }) =>
            `GRANT ${privileges.join(", ")} ON ${object} TO ${user(rows)}`,
        ),
        ...(isPrepared || !asksBeforePrepare
          ? {}
          : { advice: "Run `sync-tool prepare` before tables of its own are granted" }),
      };
    },
  };
}

/** From an answer with a row for each privilege that is not granted. */
export function notGranted(
  pairs: readonly (readonly [table: string, privilege: string])[],
): readonly NotGranted[] {
  const tables = [...new Set(pairs.map(([table]) => table))];
  return tables.map((table) => ({
    table,
    privileges: pairs.flatMap(([one, privilege]) => (one === table ? [privilege] : [])),
  }));
}

/** What the user of `prepare` lacks, which matters only before it has done its work. */
export function lacksToPrepare(
  { isPrepared }: FactScope,
  found: string,
  wanted: string,
  mend: Pick<Finding, "advice" | "statements">,
): Finding {
  if (isPrepared) return ok(`${found}; capture is installed, so nothing needs it now`, wanted);
  return { status: "warn", found, wanted, ...mend };
}
