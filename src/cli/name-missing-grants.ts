import type { SyncConfig } from "../config/sync-config.ts";
import { planTables, type SyncPlan } from "../contract/sync-plan.ts";
import { findMissingGrants } from "../doctor/missing-grants.ts";
import { SyncError } from "../errors.ts";
import { doctorRequest } from "./doctor-request.ts";

/** Adds to a GRANT_MISSING which objects and privileges it is about, and the statements; any other error stays as it is. */
export async function nameMissingGrants(
  config: SyncConfig,
  plans: readonly SyncPlan[],
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof SyncError) || error.code !== "GRANT_MISSING") return error;
  const lines: string[] = [];
  const statements: string[] = [];
  for (const pair of config.schemas) {
    const plan = plans.find(({ schema }) => schema === pair.name);
    const tables = plan === undefined ? config.syncTables : planTables(plan).map(({ name }) => name);
    let found = await findMissingGrants({ ...doctorRequest(config, pair), tables });
    if (found.lines.length === 0 && config.wayBack)
      found = await findMissingGrants({ ...doctorRequest(config, pair, "back"), tables });
    lines.push(...found.lines);
    statements.push(
      ...found.mend.map(({ on, text }) => (on === "elsewhere" ? text : `on the ${on}: ${text};`)),
    );
  }
  if (lines.length === 0) return error;
  return new SyncError("GRANT_MISSING", {
    what: [error.message, ...lines.map((line) => `  - ${line}`)].join("\n"),
    next: ["Have a DBA give what is missing, then start again: nothing was skipped", ...statements].join(
      "\n  ",
    ),
    at: error.at,
    cause: error,
  });
}
