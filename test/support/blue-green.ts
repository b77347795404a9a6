/** A source and a target database with the tool's own objects on both: what most conformance tests start from. */

import type { ConflictPolicy } from "../../src/apply/conflict.ts";
import { installCapture } from "../../src/capture/install.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { IsVersion } from "../../src/config/versions.ts";
import type { Dialect } from "../../src/contract/dialect.ts";
import { planTables, type SyncPlan, type TablePlan } from "../../src/contract/sync-plan.ts";
import type { Database } from "../../src/db/database.ts";
import { loadDialect } from "../../src/dialect/registry.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import type { Row } from "../../src/row.ts";
import type { Until } from "../../src/run/after-pass.ts";
import type { RunEvents } from "../../src/run/events.ts";
import { type RowSourcesOptions, rowSources } from "../../src/run/row-sources.ts";
import { runSync } from "../../src/run/run-sync.ts";
import type { Pace } from "../../src/throttle/pace.ts";
import type { TestDialect } from "./dialects.ts";
import type { TestDatabase } from "./servers/test-server.ts";
import { waitFor } from "./wait-for.ts";

export interface BlueGreenOptions {
  readonly source: TestDialect;
  /** Default: the source's. */
  readonly target?: TestDialect;
  readonly sourceVersion?: IsVersion;
  readonly targetVersion?: IsVersion;
  /** Statements that make the tables on each side. */
  readonly sourceSchema: readonly string[];
  readonly targetSchema: readonly string[];
  readonly tables: readonly string[];
  /** How both servers store tokens; default: plain. */
  readonly keys?: RowSourcesOptions["keys"];
  /** Connections of each side at most; default: a test database's few. Each group of tables holds one of the target. */
  readonly connections?: number;
}

export interface Side {
  readonly test: TestDatabase;
  readonly dialect: Dialect;
  readonly db: Database;
}

export interface BlueGreen {
  readonly source: Side;
  readonly target: Side;
  /** Reads both catalogues anew. */
  plan(): Promise<SyncPlan>;
  table(name: string): Promise<TablePlan>;
  prepare(): Promise<void>;
  /** Runs until drained (or one pass); `batchSize` default 100. */
  run(options?: {
    until?: Until;
    batchSize?: number;
    signal?: AbortSignal;
    events?: Partial<RunEvents>;
    /** Instead of the pair's own connections. */
    sourceDb?: Database;
    targetDb?: Database;
    targetDialect?: Dialect;
    conflictPolicy?: ConflictPolicy;
    deadLetterLimit?: number;
    parallelism?: number;
    captureLookMs?: number;
    pace?: Pace;
  }): Promise<void>;
  /** Rows of a table as both sides print them, ordered by all columns. */
  rows(side: "source" | "target", table: string): Promise<Row[]>;
  close(): Promise<void>;
}

export const SILENT: RunEvents = {
  batch: () => undefined,
  idle: () => undefined,
  blocked: () => undefined,
  unblocked: () => undefined,
  parentsFirst: () => undefined,
  deadLetter: () => undefined,
  madeUpHashes: () => undefined,
  lateChange: () => undefined,
  dropped: () => undefined,
  gap: () => undefined,
  standby: () => undefined,
  takenOver: () => undefined,
  retrying: () => undefined,
  recovered: () => undefined,
  stopped: () => undefined,
};

/** Makes both databases and their tables; `close` drops them. */
export async function openBlueGreen(options: BlueGreenOptions): Promise<BlueGreen> {
  const source = await openSide(options.source, options.sourceSchema, options.connections);
  const target = await openSide(options.target ?? options.source, options.targetSchema, options.connections);
  const versions = {
    sourceVersion: options.sourceVersion ?? "5.9.0",
    targetVersion: options.targetVersion ?? "5.11.0",
  } as const;
  const plan = (): Promise<SyncPlan> =>
    buildPlan({ schema: "identity", ...versions, tables: options.tables }, source, target);
  return {
    source,
    target,
    plan,
    table: async (name) => {
      const found = planTables(await plan()).find((table) => table.name === name);
      if (found === undefined) throw new Error(`no plan for ${name}`);
      return found;
    },
    async prepare() {
      const tables = planTables(await plan());
      const { journals } = await installCapture(source.db, source.dialect, tables);
      await prepareTarget(target.db, target.dialect, tables, journals);
    },
    async run({
      until = "drained",
      batchSize = 100,
      signal = new AbortController().signal,
      events = {},
      sourceDb = source.db,
      targetDb = target.db,
      targetDialect = target.dialect,
      ...policy
    } = {}) {
      const current = await plan();
      await runSync({
        plan: current,
        source: { dialect: source.dialect, db: sourceDb },
        target: { dialect: targetDialect, db: targetDb },
        batchSize,
        syncIntervalMs: 20,
        until,
        signal,
        events: { ...SILENT, ...events },
        ...policy,
        rowsFor: rowSources(current, { source, target, keys: options.keys }),
      });
    },
    async rows(side, table) {
      return await (side === "source" ? source : target).test.query(`SELECT * FROM ${table}`).then(sorted);
    },
    async close() {
      await source.db.close();
      await target.db.close();
      await source.test.drop();
      await target.test.drop();
    },
  };
}

async function openSide(
  testDialect: TestDialect,
  schema: readonly string[],
  connections?: number,
): Promise<Side> {
  const server = await testDialect.server();
  const test = await server.createDatabase();
  await test.exec(schema);
  const dialect = await loadDialect(test.settings.type);
  const settings = test.settings as ConnectionSettings;
  const pool = connections === undefined ? settings.pool : { ...settings.pool, max: connections };
  const db = await dialect.connect({ ...settings, pool });
  return { test, dialect, db };
}

function sorted(rows: Row[]): Row[] {
  const text = (row: Row): string => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
  return rows.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** Waits until both sides hold the same rows of a table. */
export async function waitUntilEqual(pair: BlueGreen, table: string): Promise<void> {
  await waitFor(
    async () =>
      JSON.stringify(await pair.rows("source", table)) === JSON.stringify(await pair.rows("target", table)),
    {
      what: `${table} to be equal on both sides`,
    },
  );
}
