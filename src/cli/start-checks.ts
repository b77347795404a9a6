import type { SyncConfig } from "../config/sync-config.ts";
import { cheapChecks, runChecks } from "../doctor/doctor.ts";
import { openDoctor } from "../doctor/doctor-context.ts";
import type { Log } from "../log.ts";
import { planTables, type SyncPlan } from "../plan/sync-plan.ts";

/**
 * The doctor's cheap checks before a run begins. What must stop a run has stopped it by then, with an error of its own:
 * what these find is logged, each with what mends it, and the run goes on.
 */
export async function logCheapChecks(config: SyncConfig, plan: SyncPlan, log: Log): Promise<void> {
  const pair = config.schemas.find(({ name }) => name === plan.schema);
  if (pair === undefined) return;
  const doctor = openDoctor({
    schema: plan.schema,
    sourceVersion: config.sourceVersion,
    targetVersion: config.targetVersion,
    tables: planTables(plan).map(({ name }) => name),
    source: pair.source.settings,
    target: pair.target.settings,
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
