/** Two databases as a fresh 5.11.0 has them, and what `doctor` finds on a pair. */

import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { Check, CheckResult } from "../../src/doctor/check.ts";
import { examine, runChecks } from "../../src/doctor/doctor.ts";
import { type DoctorRequest, openDoctor } from "../../src/doctor/doctor-context.ts";
import { type BlueGreen, openBlueGreen } from "./blue-green.ts";
import type { TestDialect } from "./dialects.ts";
import type { TestDatabase } from "./servers/test-server.ts";
import { createTables } from "./wso2-tables.ts";

/** Both sides have every table of 5.11.0; `tables` are those that are synced. Nothing is prepared. */
export function openFreshPair(dialect: TestDialect, tables: readonly string[]): Promise<BlueGreen> {
  return openBlueGreen({
    source: dialect,
    sourceVersion: "5.11.0",
    sourceSchema: createTables(dialect.name, "5.11.0"),
    targetSchema: createTables(dialect.name, "5.11.0"),
    tables,
  });
}

export interface ExamineOptions
  extends Pick<Partial<DoctorRequest>, "direction" | "sourceVersion" | "wayBack"> {
  /** Settings in place of the database's own, e.g. another user. */
  readonly source?: object;
  readonly target?: object;
  /** Default: every check. */
  readonly chosen?: readonly Check[];
}

export async function examinePair(
  source: TestDatabase,
  target: TestDatabase,
  tables: readonly string[],
  options: ExamineOptions = {},
): Promise<readonly CheckResult[]> {
  const { chosen, source: from, target: to, ...request } = options;
  const context = openDoctor({
    schema: "identity",
    sourceVersion: "5.11.0",
    targetVersion: "5.11.0",
    tables,
    parallelism: 1,
    ...request,
    source: { ...source.settings, ...from } as ConnectionSettings,
    target: { ...target.settings, ...to } as ConnectionSettings,
  });
  try {
    return chosen === undefined ? await examine(context) : await runChecks(context, chosen);
  } finally {
    await context.close();
  }
}
