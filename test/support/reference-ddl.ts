/** The scripts of `prepare --generate-ddl` for the tables whose syncing is documented, as kept in ddl/ for reading. */

import { join } from "node:path";
import { emitScripts, type Script } from "../../src/capture/emit.ts";
import { DOCUMENTED_TABLES } from "../../src/config/schema.ts";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { loadDialect } from "../../src/dialect/registry.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import type { TestServer } from "./servers/test-server.ts";
import { createTables } from "./wso2-tables.ts";

export const DDL_DIALECTS = ["postgres", "mysql", "mariadb"] as const;
export const DDL_FOLDER = join(import.meta.dirname, "../../ddl");

const SOURCE_VERSION = "5.9.0";
const TARGET_VERSION = "5.11.0";
const USER = { name: "sync_tool" };

/** Makes the tables on a server and the scripts from its catalogue. */
export async function referenceScripts(server: TestServer): Promise<readonly Script[]> {
  const databases = [await server.createDatabase(), await server.createDatabase()] as const;
  const [blue, green] = databases;
  const dialect = await loadDialect(server.dialect);
  const isPostgres = server.dialect === "postgres";
  // Servers have different defaults.
  const charset = isPostgres ? [] : ["ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"];
  await blue.exec([...charset, ...createTables(server.dialect, SOURCE_VERSION)]);
  await green.exec([...charset, ...createTables(server.dialect, TARGET_VERSION)]);
  const source = await dialect.connect(blue.settings as ConnectionSettings);
  const target = await dialect.connect(green.settings as ConnectionSettings);
  try {
    const plan = await buildPlan(
      {
        schema: "identity",
        sourceVersion: SOURCE_VERSION,
        targetVersion: TARGET_VERSION,
        tables: DOCUMENTED_TABLES,
      },
      { dialect, db: source },
      { dialect, db: target },
    );
    return emitScripts({
      schema: "identity",
      tables: planTables(plan),
      source: { dialect, user: USER, lookups: [], upgrades: new Map() },
      target: { dialect, user: USER, lookups: [isPostgres ? "idp" : "IDP"] },
    });
  } finally {
    await source.close();
    await target.close();
    for (const database of databases) await database.drop();
  }
}
