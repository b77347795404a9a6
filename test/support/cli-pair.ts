import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeConfigFiles } from "./config-files.ts";
import type { TestDialect } from "./dialects.ts";
import type { TestDatabase } from "./servers/test-server.ts";
import type { Wso2Table } from "./wso2-shapes.ts";
import { createTables } from "./wso2-tables.ts";

/** Two empty databases of one server and a folder for the commands that are run on them. */
export interface CliPair {
  /** Where configuration files, logs and scripts go. */
  readonly folder: string;
  readonly blue: TestDatabase;
  readonly green: TestDatabase;
  close(): Promise<void>;
}

export async function openCliPair(dialect: TestDialect): Promise<CliPair> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-e2e-"));
  const server = await dialect.server();
  const blue = await server.createDatabase();
  const green = await server.createDatabase();
  return {
    folder,
    blue,
    green,
    async close() {
      await blue.drop();
      await green.drop();
      await rm(folder, { recursive: true });
    },
  };
}

/** A pair with these tables, blue's of 5.7.0 and green's of 5.11.0, and the configuration that syncs them. */
export async function openMigrationPair(
  dialect: TestDialect,
  tables: readonly Wso2Table[],
): Promise<CliPair> {
  const pair = await openCliPair(dialect);
  const { folder, blue, green } = pair;
  await blue.exec(createTables(dialect.name, "5.7.0", tables));
  await green.exec(createTables(dialect.name, "5.11.0", tables));
  await writeConfigFiles(folder, { source: blue, target: green, sourceVersion: "5.7.0", syncTables: tables });
  return pair;
}
