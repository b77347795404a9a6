/** A runner in a process of its own, to be killed: the product's run between the databases that its argument names. */

import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import { loadDialect } from "../../src/dialect/registry.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import { runSync } from "../../src/run/run-sync.ts";
import { SILENT } from "./blue-green.ts";
import type { RunnerOptions } from "./runner-process.ts";

const options = JSON.parse(process.argv[2] ?? "") as RunnerOptions;

const open = async (settings: RunnerOptions["source"]) => {
  const dialect = await loadDialect(settings.type);
  return { dialect, db: await dialect.connect(settings as ConnectionSettings) };
};
const source = await open(options.source);
const target = await open(options.target);
const tell = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const plan = await buildPlan(
  {
    schema: "identity",
    sourceVersion: options.sourceVersion,
    targetVersion: options.targetVersion,
    tables: options.tables,
  },
  source,
  target,
);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
await runSync({
  plan,
  source,
  target,
  batchSize: options.batchSize,
  parallelism: options.parallelism ?? 1,
  syncIntervalMs: 20,
  until: options.until,
  signal: stop.signal,
  events: {
    ...SILENT,
    standby: (group) => tell(`standby ${group}`),
    takenOver: (group) => tell(`taken over ${group}`),
    retrying: (group, _reason, code) => tell(`retrying ${group} ${code}`),
    batch: ({ table, changes }) => tell(`batch ${table} ${changes}`),
    idle: (table) => tell(`idle ${table}`),
  },
  rowsFor: rowSources(plan, { source, target }),
});
await source.db.close();
await target.db.close();
