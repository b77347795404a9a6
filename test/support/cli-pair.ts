import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestDialect } from "./dialects.ts";
import type { TestDatabase } from "./servers/test-server.ts";

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
