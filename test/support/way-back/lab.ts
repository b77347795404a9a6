/** A pair with a way back on which lives are played: users on one side, then on the other, and a runner that is killed. */
import type { ConflictPolicy } from "../../../src/apply/conflict.ts";
import { installCapture } from "../../../src/capture/install.ts";
import { prepareTarget } from "../../../src/capture/prepare-target.ts";
import type { ConnectionSettings } from "../../../src/config/sync-config.ts";
import type { Dialect } from "../../../src/contract/dialect.ts";
import { planTables, type TablePlan } from "../../../src/contract/sync-plan.ts";
import type { Database } from "../../../src/db/database.ts";
import { buildPlan } from "../../../src/plan/build-plan.ts";
import type { Row } from "../../../src/row.ts";
import { lateGuards, type WayOf } from "../../../src/run/late-guards.ts";
import { type RowSourcesOptions, rowSources } from "../../../src/run/row-sources.ts";
import { runSync } from "../../../src/run/run-sync.ts";
import { readServing, type ServingSide } from "../../../src/state/serving.ts";
import { servingState } from "../../../src/status/serving-facts.ts";
import { type SwitchAnswer, switchOver } from "../../../src/switch/switch-over.ts";
import type { Processor } from "../../../src/transform/crypto/profile.ts";
import { openBlueGreen, SILENT } from "../blue-green.ts";
import type { TestDialect } from "../dialects.ts";
import type { Step } from "../history/arbitrary.ts";
import { CRASH, type Crash, crashingDatabase } from "../history/crashing-database.ts";
import { APPS, insertApp } from "../history/work.ts";
import { OWN_CONNECTION, openWorkers } from "../history/workers.ts";
import type { TestDatabase } from "../servers/test-server.ts";
import { waitFor } from "../wait-for.ts";
import { createTables } from "../wso2-tables.ts";
import { openForms, readable } from "./forms.ts";
import { playable, statementsOf } from "./work.ts";

/** Parents first. */
const SYNCED = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_IDENTITY_USER_DATA",
] as const;
const KEYS: Readonly<Record<(typeof SYNCED)[number], readonly string[]>> = {
  IDN_OAUTH2_ACCESS_TOKEN: ["TOKEN_ID"],
  IDN_OAUTH2_ACCESS_TOKEN_SCOPE: ["TOKEN_ID", "TOKEN_SCOPE"],
  IDN_IDENTITY_USER_DATA: ["TENANT_ID", "USER_NAME", "DATA_KEY"],
};
/** What the inverse cannot bring as it was, and what blue's release does not have. */
const LOSSY = ["TOKEN_SCOPE_HASH", "TOKEN_BINDING_REF"];

/** While one side serves. */
export interface Phase {
  /** What its users do. */
  readonly steps: readonly Step[];
  /** What users do on the other side all the same. */
  readonly late: readonly Step[];
  readonly batchSize: number;
  readonly parallelism: number;
  /** The sides do not become equal. */
  readonly leavesLetters?: true;
  readonly conflictPolicy?: ConflictPolicy;
  /** Of the runner, by its transactions on either side. */
  readonly crashes: { readonly blue: readonly Crash[]; readonly green: readonly Crash[] };
}

/** Has each journal row say which connection wrote it, by a default of the test's own. */
async function tellAuthors(test: TestDatabase, tables: readonly TablePlan[]): Promise<void> {
  const { type } = test.settings;
  const column = `${type === "mssql" || type === "oracle" ? "" : "COLUMN "}AUTHOR ${type === "oracle" ? "NUMBER(19)" : "BIGINT"}`;
  for (const { names } of tables)
    await test.exec(`ALTER TABLE ${names.journal} ADD ${column} DEFAULT (${OWN_CONNECTION[type]})`);
}

/** How `switch` is called. */
export interface SwitchAsked {
  readonly wait?: boolean;
  readonly pollMs?: number;
  /** Instead of the lab's own connections. */
  readonly on?: Partial<Record<ServingSide, { readonly dialect: Dialect; readonly db: Database }>>;
}

export type WayBackLab = Awaited<ReturnType<typeof openWayBackLab>>;

/** Holes are judged sooner than in the product, which waits for servers that stall. */
const HOLE_AGE_MS = 300;
const quick = (dialect: Dialect): Dialect => ({
  ...dialect,
  capabilities: {
    ...dialect.capabilities,
    minHoleAgeMs: Math.min(HOLE_AGE_MS, dialect.capabilities.minHoleAgeMs),
  },
});

/** `processor`: how both servers store tokens. */
export async function openWayBackLab(
  blueDialect: TestDialect,
  greenDialect: TestDialect = blueDialect,
  processor: Processor = "plain",
) {
  const versions = { sourceVersion: "5.9.0", targetVersion: "5.11.0" } as const;
  const pair = await openBlueGreen({
    source: blueDialect,
    target: greenDialect,
    ...versions,
    sourceSchema: createTables(blueDialect.name, "5.9.0"),
    targetSchema: createTables(greenDialect.name, "5.11.0"),
    tables: SYNCED,
  });
  const blueTest = pair.source.test;
  const greenTest = pair.target.test;
  const connect = (side: typeof pair.source): Promise<Database> =>
    side.dialect.connect(side.test.settings as ConnectionSettings, { marked: true });
  const blue = { dialect: quick(pair.source.dialect), db: await connect(pair.source) };
  const green = { dialect: quick(pair.target.dialect), db: await connect(pair.target) };
  // As the commands have it: each direction has connections of its own.
  const back = {
    source: { ...green, db: await connect(pair.target) },
    target: { ...blue, db: await connect(pair.source) },
  };
  for (const side of [blueTest, greenTest]) await side.exec(APPS.map(insertApp));
  const idp = "INSERT INTO IDP (ID, TENANT_ID, NAME";
  await blueTest.exec(`${idp}) VALUES (1, -1234, 'LOCAL')`);
  await greenTest.exec(`${idp}, UUID) VALUES (1, -1234, 'LOCAL', 'u-1')`);
  const users = {
    blue: await openWorkers(blueTest, statementsOf("blue", processor)),
    green: await openWorkers(greenTest, statementsOf("green", processor)),
  };

  await pair.prepare();
  const plan = await pair.plan();
  const backPlan = await buildPlan(
    { schema: "identity", ...versions, tables: SYNCED, direction: "back" },
    green,
    blue,
  );
  const backTables = planTables(backPlan);
  const { journals } = await installCapture(green.db, green.dialect, backTables);
  await prepareTarget(blue.db, blue.dialect, backTables, journals, { capturesItself: true });
  await prepareTarget(
    green.db,
    green.dialect,
    planTables(plan),
    (await installCapture(blue.db, blue.dialect, planTables(plan))).journals,
    { capturesItself: true },
  );
  const forms = openForms(processor);
  await tellAuthors(blueTest, planTables(plan));
  await tellAuthors(greenTest, backTables);
  const state = servingState({ source: blue, plan });
  const serving = async (): Promise<ServingSide> => (await readServing(blue.db, state))?.side ?? "blue";

  /** One life of a runner with both directions. */
  async function live(
    phase: Phase,
    on: { blue: Database; green: Database },
    signal: AbortSignal,
  ): Promise<void> {
    const forward: WayOf = { plan, source: blue, target: { ...green, db: on.green } };
    const backward: WayOf = { plan: backPlan, source: back.source, target: { ...blue, db: on.blue } };
    const end = new AbortController();
    const run = async (
      way: WayOf,
      other: WayOf,
      keys: RowSourcesOptions["keys"],
      otherKeys: RowSourcesOptions["keys"],
    ): Promise<void> => {
      try {
        await runSync({
          ...way,
          batchSize: phase.batchSize,
          parallelism: phase.parallelism,
          ...(phase.conflictPolicy && { conflictPolicy: phase.conflictPolicy }),
          syncIntervalMs: 5,
          until: "stopped",
          signal: AbortSignal.any([signal, end.signal]),
          events: SILENT,
          rowsFor: rowSources(way.plan, { ...way, keys }),
          lateFor: lateGuards(way, other, otherKeys),
        });
      } finally {
        // One process: the end of one is that of the other.
        end.abort();
      }
    };
    const both = [run(forward, backward, forms.forward, forms.back)];
    // As the command has it: blue gets nothing from green before the first switch.
    if ((await readServing(blue.db, state)) !== undefined)
      both.push(run(backward, forward, forms.back, forms.forward));
    const results = await Promise.allSettled(both);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** Starts the runner anew as often as it is killed. */
  async function runThrough(phase: Phase, signal: AbortSignal): Promise<void> {
    let crash = new AbortController();
    const noCut = (): Promise<void> => Promise.resolve();
    const wrap = (db: Database, crashes: readonly Crash[]) =>
      crashingDatabase(
        db,
        crashes.filter(({ where }) => where !== "connection cut"),
        noCut,
        () => crash.abort(),
      );
    const on = { blue: wrap(back.target.db, phase.crashes.blue), green: wrap(green.db, phase.crashes.green) };
    while (!signal.aborted) {
      crash = new AbortController();
      on.blue.revive();
      on.green.revive();
      try {
        await live(phase, on, AbortSignal.any([signal, crash.signal]));
        if (!crash.signal.aborted) return;
      } catch (error) {
        if (!crash.signal.aborted && error !== CRASH && (error as { cause?: unknown }).cause !== CRASH)
          throw error;
      }
    }
  }

  const asked = { blue: { ...blue, db: pair.source.db }, green: { ...green, db: pair.target.db } };
  const switchTo = (to: ServingSide, options: SwitchAsked = {}): Promise<SwitchAnswer> => {
    const on = { ...asked, ...options.on };
    return switchOver({
      to,
      forward: { name: "identity", plan, source: on.blue, target: on.green },
      back: { name: "identity", plan: backPlan, source: on.green, target: on.blue },
      state,
      wait: options.wait ?? true,
      dryRun: false,
      deadline: AbortSignal.timeout(60_000),
      signal: new AbortController().signal,
      pollMs: options.pollMs ?? 1_000,
    });
  };

  /** The rows that users of a side have written since it serves, as its journal has them, and as they are. */
  async function written(side: ServingSide): Promise<{ told: unknown; found: unknown }> {
    const heads = (await readServing(blue.db, state))?.heads ?? new Map<string, bigint>();
    const test = side === "blue" ? blueTest : greenTest;
    const told: Record<string, unknown> = {};
    const found: Record<string, unknown> = {};
    for (const table of planTables(side === "blue" ? plan : backPlan)) {
      const keys = KEYS[table.name as (typeof SYNCED)[number]];
      const idOf = (row: Row): string => `${table.name} ${keys.map((name) => row[name]).join("/")}`;
      const changes = await test.query(
        `SELECT * FROM ${table.names.journal} WHERE SYNC_ID > ${heads.get(table.name) ?? 0n} AND ACTION <> 'ANCHOR' ORDER BY SYNC_ID`,
      );
      const rows = new Map(
        (await test.query(`SELECT * FROM ${table.source.name}`)).map((row) => [idOf(row), row]),
      );
      for (const { SYNC_ID: _position, ACTION: action, CAPTURED_AT: _at, AUTHOR: _by, ...image } of changes) {
        told[idOf(image)] = action === "DELETE" ? null : image;
        found[idOf(image)] = rows.get(idOf(image)) ?? null;
      }
    }
    return { told, found };
  }

  /** Changes in both journals, and how many of them are those of users: what a runner writes is in none. */
  async function journaled(): Promise<{ all: number; ofUsers: number }> {
    const counts = { all: 0, ofUsers: 0 };
    for (const [test, tables, own] of [
      [blueTest, planTables(plan), await users.blue.connections()],
      [greenTest, backTables, await users.green.connections()],
    ] as const)
      for (const { names } of tables)
        for (const { AUTHOR: author } of await test.query(
          `SELECT AUTHOR FROM ${names.journal} WHERE ACTION <> 'ANCHOR'`,
        )) {
          counts.all += 1;
          if (own.includes(String(author))) counts.ofUsers += 1;
        }
    return counts;
  }

  async function contents(test: TestDatabase): Promise<Readonly<Record<string, readonly string[]>>> {
    const side = test === blueTest ? "blue" : "green";
    const all: Record<string, readonly string[]> = {};
    for (const name of SYNCED) {
      const rows = await test.query(`SELECT * FROM ${name}`);
      all[name] = rows
        .map((row) =>
          JSON.stringify(
            Object.entries(readable(side, processor, row))
              .filter(([column]) => !LOSSY.includes(column))
              .map(([column, value]) => [column, column === "IDP_ID" ? (value ?? "-1") : value])
              .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
          ),
        )
        .sort();
    }
    return all;
  }

  /** But those of late writes, which say all there is to be said. */
  async function letters(): Promise<readonly string[]> {
    const found = await Promise.all(
      [blueTest, greenTest].map((test) => test.query("SELECT CODE, REASON, ROW_KEY FROM SYNC_DEAD_LETTERS")),
    );
    return found
      .flat()
      .filter((row) => row["CODE"] !== "SYNC_OVERTAKEN")
      .map((row) => JSON.stringify(row));
  }

  return {
    pair,
    serving,
    switchTo,
    asked,
    /** Who serves, and from where on green's changes are carried to blue, by table. */
    async standing(): Promise<unknown> {
      const now = await readServing(blue.db, state);
      const from: Record<string, string> = {};
      for (const table of backTables) {
        const rows = await blueTest.query(`SELECT SYNC_ID FROM ${table.targetNames.checkpoint}`);
        from[table.name] = rows.map((row) => String(row["SYNC_ID"])).join();
      }
      return {
        side: now?.side ?? null,
        heads: now === undefined ? null : Object.fromEntries(now.heads),
        from,
      };
    },
    /** While a phase's users write, beside the runner; then the side changes. */
    async play(
      phase: Phase,
      alsoLate?: () => Promise<unknown>,
    ): Promise<{ served: ServingSide; answer: SwitchAnswer; users: Awaited<ReturnType<typeof written>> }> {
      const served = await serving();
      const other = served === "blue" ? "green" : "blue";
      const isFirst = (await readServing(blue.db, state)) === undefined;
      const stop = new AbortController();
      const running = runThrough(phase, stop.signal);
      running.catch(() => undefined);
      try {
        const late = isFirst ? [] : playable(phase.late);
        await Promise.all([users[served].play(playable(phase.steps)), users[other].play(late)]);
        await Promise.all([users[served].finish(), users[other].finish()]);
        if (!isFirst) await alsoLate?.();
        // A late write that is refused is settled by the run, sooner or later; so is what was refused for its sake.
        await waitFor(
          async () =>
            phase.leavesLetters === true
              ? (await letters()).length > 0
              : (await letters()).length === 0 &&
                JSON.stringify(await contents(blueTest)) === JSON.stringify(await contents(greenTest)),
          { what: "both sides to be equal", timeoutMs: 90_000 },
        );
        const own = await written(served);
        // Somebody has read of the late writes that were refused, and that they are settled.
        for (const side of [blueTest, greenTest])
          await side.exec("DELETE FROM SYNC_DEAD_LETTERS WHERE CODE = 'SYNC_OVERTAKEN'");
        const answer = await Promise.race([
          switchTo(other),
          running.then(() => Promise.reject(new Error("the run has ended"))),
        ]);
        return { served, answer, users: own };
      } finally {
        stop.abort();
        await running;
      }
    },
    blue: () => contents(blueTest),
    green: () => contents(greenTest),
    letters,
    journaled,
    async close() {
      await forms.close();
      for (const { db } of [blue, green, back.source, back.target]) await db.close();
      await pair.close();
    },
  };
}
