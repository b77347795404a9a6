/** What the scenarios share: a source with a full journal, a target, and ways to drain the one into the other. */

import { installCapture } from "../../src/capture/install.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { readCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { IsVersion } from "../../src/config/versions.ts";
import type { Dialect } from "../../src/contract/dialect.ts";
import { planTables, type SyncPlan, type TablePlan } from "../../src/contract/sync-plan.ts";
import type { Database } from "../../src/db/database.ts";
import { loadDialect } from "../../src/dialect/registry.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import type { Until } from "../../src/run/after-pass.ts";
import type { RunEvents } from "../../src/run/events.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import { runSync } from "../../src/run/run-sync.ts";
import type { TestDatabase, TestServer } from "../support/servers/test-server.ts";
import { createTables } from "../support/wso2-tables.ts";

export const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
export const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";

export interface Lab {
  readonly source: { readonly test: TestDatabase; readonly dialect: Dialect; readonly db: Database };
  readonly target: { readonly test: TestDatabase; readonly dialect: Dialect; readonly db: Database };
  readonly plan: SyncPlan;
  readonly tables: readonly TablePlan[];
  /** Gathers statistics, as any server does by itself in time: without them PostgreSQL sorts a whole table for a page of it. */
  analyze(): Promise<void>;
  /** Empties the target, and leaves its checkpoints where they are. */
  empty(): Promise<void>;
  /** Sets the checkpoints back to the beginning. */
  rewind(): Promise<void>;
  /** Empties the target and sets its checkpoints back to the beginning. */
  reset(): Promise<void>;
  /** Applies what is pending, once. */
  drain(options?: DrainOptions): Promise<void>;
  close(): Promise<void>;
}

export interface DrainOptions {
  readonly batchSize?: number;
  readonly parallelism?: number;
  /** Stops after so many changes. */
  readonly atMost?: number;
  /** Default "one pass". */
  readonly until?: Until;
  readonly syncIntervalMs?: number;
  readonly signal?: AbortSignal;
  /** Other ways to the servers, such as a proxy. */
  readonly targetDb?: Database;
  readonly sourceDb?: Database;
  readonly events?: Partial<RunEvents>;
}

const SILENT: RunEvents = {
  gap() {},
  batch() {},
  idle() {},
  blocked() {},
  unblocked() {},
  parentsFirst() {},
  madeUpHashes() {},
  lateChange() {},
  dropped() {},
  deadLetter() {},
  standby() {},
  takenOver() {},
  // A pause before the next attempt would be measured along.
  retrying: (group, reason, code) =>
    void process.stderr.write(`${group} begins again: ${reason} (${code})
`),
  recovered() {},
  stopped() {},
};

/** The applications that every token of the benchmarks belongs to; LOCAL is the tenant's own identity provider. */
export const PARENTS = [
  "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, USERNAME, TENANT_ID, OAUTH_VERSION) VALUES (1, 'app', 'admin', -1234, 'OAuth-2.0')",
];
const LOCAL_IDP =
  "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (1, -1234, 'LOCAL', 'c0ffee00-0000-4000-8000-000000000000')";

export async function openLab(
  server: TestServer,
  sourceVersion: IsVersion,
  names: readonly string[] = [TOKENS, SCOPES],
  /** A statement that creates a table of the site's own, on both sides. */
  ownTable: readonly string[] = [],
): Promise<Lab> {
  const [source, target] = [await openSide(server, sourceVersion), await openSide(server, "5.11.0")];
  for (const { test } of [source, target]) await test.exec(ownTable);
  await target.test.exec(LOCAL_IDP);
  const plan = await buildPlan(
    { schema: "identity", sourceVersion, targetVersion: "5.11.0", tables: names },
    source,
    target,
  );
  const tables = planTables(plan);
  const { journals } = await installCapture(source.db, source.dialect, tables);
  await prepareTarget(target.db, target.dialect, tables, journals);
  async function empty(): Promise<void> {
    // Truncated, not deleted: the dead rows and index pages of the last turn must not be this one's burden.
    const names = tables.map((table) => table.target.name);
    await target.test.exec(
      server.dialect === "postgres"
        ? [`TRUNCATE ${names.join(", ")} CASCADE`]
        : ["SET foreign_key_checks = 0", ...names.map((name) => `TRUNCATE TABLE ${name}`)],
    );
  }
  async function rewind(): Promise<void> {
    for (const table of tables)
      await target.test.exec(`UPDATE ${table.targetNames.checkpoint} SET SYNC_ID = 0, DIGEST = ''`);
  }
  return {
    source,
    target,
    plan,
    tables,
    async analyze() {
      if (server.dialect !== "postgres") return;
      for (const { test } of [source, target]) await test.exec("ANALYZE");
    },
    empty,
    rewind,
    async reset() {
      await empty();
      await rewind();
    },
    async drain({
      batchSize = 100,
      parallelism = 1,
      atMost,
      until = "one pass",
      syncIntervalMs = 10,
      signal,
      targetDb = target.db,
      sourceDb = source.db,
      events = {},
    } = {}) {
      const stop = new AbortController();
      let applied = 0;
      const options: Parameters<typeof runSync>[0] = {
        plan,
        source: { ...source, db: sourceDb },
        target: { dialect: target.dialect, db: targetDb },
        batchSize,
        parallelism,
        syncIntervalMs,
        until,
        signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
        events: {
          ...SILENT,
          ...events,
          batch(report) {
            applied += report.changes;
            if (atMost !== undefined && applied >= atMost) stop.abort();
            events.batch?.(report);
          },
        },
        rowsFor: rowSources(plan, { source, target: { dialect: target.dialect, db: targetDb } }),
      };
      await runSync(options);
    },
    async close() {
      for (const side of [source, target]) {
        await side.db.close();
        await side.test.drop();
      }
    },
  };
}

async function openSide(server: TestServer, version: IsVersion): Promise<Lab["source"]> {
  const test = await server.createDatabase();
  await test.exec(createTables(server.dialect, version));
  await test.exec(PARENTS);
  const dialect = await loadDialect(test.settings.type);
  return { test, dialect, db: await dialect.connect(test.settings as ConnectionSettings) };
}

/** The target by way of a proxy on this machine. */
export async function targetThrough({ target }: Lab, port: number): Promise<Database> {
  const settings = { ...target.test.settings, hosts: [{ host: "127.0.0.1", port }] };
  return await target.dialect.connect(settings as ConnectionSettings);
}

/** How far the slowest lane of a table has come. */
export async function position(lab: Lab, table: TablePlan): Promise<bigint> {
  const checkpoint = await readCheckpoint(lab.target.db, lab.target.dialect, table.targetNames.checkpoint);
  return checkpoint?.position ?? 0n;
}
