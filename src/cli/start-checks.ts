import type { SyncConfig } from "../config/sync-config.ts";
import { planTables } from "../contract/sync-plan.ts";
import { cheapChecks, runChecks } from "../doctor/doctor.ts";
import { openDoctor } from "../doctor/doctor-context.ts";
import type { Log } from "../log.ts";
import type { SchemaContext } from "./context.ts";

/**
 * The doctor's cheap checks before a run begins. What must stop a run has stopped it by then, with an error of its own:
 * what these find is logged, each with what mends it, and the run goes on.
 */
export async function logCheapChecks(
  config: SyncConfig,
  { plan, source, target }: SchemaContext,
  log: Log,
): Promise<void> {
  const doctor = openDoctor({
    schema: plan.schema,
    sourceVersion: config.sourceVersion,
    targetVersion: config.targetVersion,
    tables: planTables(plan).map(({ name }) => name),
    source: source.datasource.settings,
    target: target.datasource.settings,
    parallelism: config.parallelism,
    wayBack: config.wayBack,
    throttleQuery: config.throttleQuery,
    opened: { source: source.db, target: target.db },
  });
  try {
    for (const { id, status, found, wanted, mend } of await runChecks(doctor, cheapChecks)) {
      if (status !== "fail" && status !== "warn") continue;
      log.warn({ check: id, found, wanted, mend }, `doctor: ${id} ${status === "fail" ? "failed" : "warns"}`);
    }
  } finally {
    await doctor.close();
  }
}
