/**
 * The scripts in ddl/ for databases that the machine may not have: from WSO2's own table definitions in place of a
 * server's catalogue, and for every release whose tables give another script.
 */

import { emitScripts, type Script, sourceScript } from "../../src/capture/emit.ts";
import { DOCUMENTED_TABLES } from "../../src/config/schema.ts";
import { IS_VERSIONS } from "../../src/config/versions.ts";
import type { TablePlan } from "../../src/contract/sync-plan.ts";
import { loadDialect } from "../../src/dialect/registry.ts";
import { wso2Plans } from "./wso2-plans.ts";

export const OFFLINE_DIALECTS = ["mssql", "oracle"] as const;

const SOURCE_VERSION = "5.9.0";
const USER = { name: "sync_tool" };

/** Six scripts as `prepare --generate-ddl` writes them, and the source's for each release that differs from the last. */
export async function offlineScripts(name: (typeof OFFLINE_DIALECTS)[number]): Promise<readonly Script[]> {
  const dialect = await loadDialect(name);
  const scripts = emitScripts({
    schema: "identity",
    tables: documented(await wso2Plans(name, SOURCE_VERSION)),
    source: {
      dialect,
      user: USER,
      lookups: [],
      upgrades: new Map(),
    },
    target: { dialect, user: USER, lookups: ["IDP"] },
  });
  const byVersion: Script[] = [];
  for (const version of IS_VERSIONS) {
    const text = sourceScript(dialect, documented(await wso2Plans(name, version)));
    if (byVersion.at(-1)?.text !== text) byVersion.push({ file: `identity_source-${version}.sql`, text });
  }
  return [...scripts, ...byVersion];
}

const documented = (plans: readonly TablePlan[]): readonly TablePlan[] =>
  DOCUMENTED_TABLES.flatMap((name) => plans.filter((table) => table.name === name));
