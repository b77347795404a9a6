import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestDatabase } from "./servers/test-server.ts";

export interface ConfigFilesOptions {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly sourceVersion: string;
  /** Default 5.11.0. */
  readonly targetVersion?: string;
  readonly syncTables: readonly string[];
  /** More keys of sync.properties. */
  readonly properties?: Readonly<Record<string, string>>;
  /** `maxActive` of both datasources; default: not given. */
  readonly maxActive?: number;
}

const datasource = (id: string, { settings, jdbcUrl }: TestDatabase, maxActive?: number): string =>
  [
    "[[datasource]]",
    `id = "${id}"`,
    `url = "${jdbcUrl}"`,
    `username = "${settings.user}"`,
    `password = "${settings.password}"`,
    ...(maxActive === undefined ? [] : ["[datasource.pool_options]", `maxActive = ${maxActive}`]),
    "",
  ].join("\n");

/** Writes sync.properties and, beside it, deployment.toml for two test databases; returns the path of the former. */
export async function writeConfigFiles(folder: string, options: ConfigFilesOptions): Promise<string> {
  const properties = {
    sourceVersion: options.sourceVersion,
    targetVersion: options.targetVersion ?? "5.11.0",
    syncTables: options.syncTables.join(","),
    identitySchema: "jdbc/BlueIdentityDB,jdbc/GreenIdentityDB",
    ...options.properties,
  };
  const file = join(folder, "sync.properties");
  await writeFile(
    file,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(""),
  );
  await writeFile(
    join(folder, "deployment.toml"),
    [
      datasource("BlueIdentityDB", options.source, options.maxActive),
      datasource("GreenIdentityDB", options.target, options.maxActive),
    ].join("\n"),
  );
  return file;
}
