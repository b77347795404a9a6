/** Installs capture in a process of its own, which a failpoint may kill: `tsx prepare-child.ts`, settings in the environment. */

import { installCapture } from "../../src/capture/install.ts";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { loadDialect } from "../../src/dialect/registry.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";

const settings = JSON.parse(process.env["PREPARE_SETTINGS"] ?? "{}") as ConnectionSettings;
const tables = (process.env["PREPARE_TABLES"] ?? "").split(",");
const dialect = await loadDialect(settings.type);
const db = await dialect.connect(settings);
// The table itself serves as its own target: only the source's side is prepared here.
const plan = await buildPlan(
  { schema: "identity", sourceVersion: "5.11.0", targetVersion: "5.11.0", tables },
  { dialect, db },
  { dialect, db },
);
await installCapture(db, dialect, planTables(plan));
await db.close();
