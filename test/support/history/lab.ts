/** One source and one target on which generated histories are played, one after the other. */

import type { Dialect } from "../../../src/contract/dialect.ts";
import { deadLettersName } from "../../../src/contract/object-names.ts";
import type { Database, Queryable } from "../../../src/db/database.ts";
import type { Row } from "../../../src/row.ts";
import type { RunEvents } from "../../../src/run/events.ts";
import { rowSources } from "../../../src/run/row-sources.ts";
import { runSync } from "../../../src/run/run-sync.ts";
import { type BlueGreen, openBlueGreen, SILENT } from "../blue-green.ts";
import { copyRows } from "../copy-rows.ts";
import type { TestDialect } from "../dialects.ts";
import { killWords } from "../kill-words.ts";
import { readProcesslist } from "../servers/mysql-access.ts";
import { waitFor } from "../wait-for.ts";
import { createTables } from "../wso2-tables.ts";
import type { History } from "./arbitrary.ts";
import { CRASH, type CrashingDatabase, crashingDatabase } from "./crashing-database.ts";
import { APPS, insertApp } from "./work.ts";
import { openWorkers } from "./workers.ts";

/** Parents first. */
export const SYNCED = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_IDENTITY_USER_DATA",
] as const;
const SOURCE_TABLES = ["IDN_OAUTH_CONSUMER_APPS", ...SYNCED];

/** The rows of every synced table, each table sorted. */
export type Contents = Readonly<Record<(typeof SYNCED)[number], readonly Row[]>>;

export interface HistoryLab {
  readonly pair: BlueGreen;
  /** Plays a history beside a runner that crashes as told and starts again, then drains. */
  play(history: History): Promise<void>;
  /** What the target must hold: the source's rows, transformed by hand from 5.9.0 to 5.11.0. */
  expected(): Promise<Contents>;
  found(): Promise<Contents>;
  /** Empties all tables, journals and checkpoints. */
  reset(): Promise<void>;
  /** Plays steps [from, to) of a history. */
  readonly users: Awaited<ReturnType<typeof openWorkers>>;
  dump(): Promise<void>;
}

/**
 * Youngest age at which MySQL's holes are judged here. The product takes a second, for servers that stall; with it
 * each of hundreds of histories would take seconds.
 */
const HOLE_AGE_MS = 300;

export async function openHistoryLab(dialect: TestDialect): Promise<HistoryLab> {
  const pair = await openBlueGreen({
    source: dialect,
    sourceVersion: "5.9.0",
    targetVersion: "5.11.0",
    sourceSchema: createTables(dialect.name, "5.9.0"),
    targetSchema: createTables(dialect.name, "5.11.0"),
    tables: SYNCED,
  });
  await pair.prepare();
  await pair.target.test.exec(APPS.map(insertApp));
  const users = await openWorkers(pair.source.test);
  const [source, target] = [await pair.source.test.session(), await pair.target.test.session()];
  const plan = await pair.plan();
  const sourceDialect: Dialect = {
    ...pair.source.dialect,
    capabilities: { ...pair.source.dialect.capabilities, minHoleAgeMs: holeAge(pair.source.dialect) },
  };

  const run = (
    db: Database,
    until: "stopped" | "drained",
    batchSize: number,
    parallelism: number,
    signal: AbortSignal,
    events: Partial<RunEvents> = {},
  ): Promise<void> =>
    runSync({
      plan,
      source: { dialect: sourceDialect, db: pair.source.db },
      target: { dialect: pair.target.dialect, db },
      batchSize,
      parallelism,
      syncIntervalMs: 5,
      until,
      signal,
      events: { ...SILENT, ...events },
      rowsFor: rowSources(plan, pair),
    });

  /** Starts the runner anew as often as it crashes. */
  async function runThroughCrashes(
    until: "stopped" | "drained",
    history: History,
    open: (onCrash: () => void) => CrashingDatabase,
    signal: AbortSignal,
  ): Promise<void> {
    let crash = new AbortController();
    const db = open(() => crash.abort());
    for (let life = 0; !signal.aborted; life++) {
      if (life > history.crashes.length) throw new Error("the runner crashes more often than it was told to");
      crash = new AbortController();
      db.revive();
      try {
        const parallelism = history.parallelism[life % history.parallelism.length] ?? 1;
        await run(db, until, history.batchSize, parallelism, AbortSignal.any([signal, crash.signal]));
        // Dead all the same, if another failure of that moment, one that is retried, was what the runner saw.
        if (!crash.signal.aborted) return;
      } catch (error) {
        if (error !== CRASH && (error as { cause?: unknown }).cause !== CRASH) throw error;
      }
    }
  }

  async function dump(): Promise<void> {
    await target.exec("DELETE FROM IDN_OAUTH_CONSUMER_APPS");
    await target.exec("DELETE FROM IDN_OAUTH2_ACCESS_TOKEN");
    await copyRows(pair.source.test, pair.target.test, SOURCE_TABLES, (row) =>
      "IDP_ID" in row ? { ...row, IDP_ID: row["IDP_ID"] ?? "-1" } : row,
    );
    // Applications are not synced here: an administrator makes them on both sides.
    for (const app of APPS) await target.exec(insertApp(app)).catch(() => undefined);
  }

  return {
    pair,
    users,
    dump,
    async play(history) {
      await users.setIsolation(history.isolation);
      await users.play(history.steps.slice(0, history.dumpBefore));
      await dump();
      let crashed: () => void = () => undefined;
      const db = crashingDatabase(pair.target.db, history.crashes, cut(pair), () => crashed());
      const open = (onCrash: () => void): CrashingDatabase => {
        crashed = onCrash;
        return db;
      };
      const stop = new AbortController();
      const running = runThroughCrashes("stopped", history, open, stop.signal);
      running.catch(() => undefined);
      try {
        await users.play(history.steps.slice(history.dumpBefore));
        await users.finish();
      } finally {
        // Whatever went wrong: a runner left behind would write into the next history.
        stop.abort();
        await running;
      }
      await runThroughCrashes("drained", history, open, new AbortController().signal);
    },
    async expected() {
      const rows = await contents(source);
      return {
        ...rows,
        IDN_OAUTH2_ACCESS_TOKEN: sorted(
          rows.IDN_OAUTH2_ACCESS_TOKEN.map((row) => ({
            ...row,
            IDP_ID: row["IDP_ID"] ?? "-1",
            TOKEN_BINDING_REF: "NONE",
          })),
        ),
      };
    },
    found: () => contents(target),
    async reset() {
      await users.finish();
      const tables = await Promise.all(SYNCED.map((name) => pair.table(name)));
      await source.exec([
        "DELETE FROM IDN_OAUTH_CONSUMER_APPS",
        "DELETE FROM IDN_OAUTH2_ACCESS_TOKEN",
        "DELETE FROM IDN_IDENTITY_USER_DATA",
        ...tables.map((table) => `DELETE FROM ${table.names.journal}`),
      ]);
      await target.exec([
        "DELETE FROM IDN_OAUTH2_ACCESS_TOKEN",
        "DELETE FROM IDN_IDENTITY_USER_DATA",
        `DELETE FROM ${deadLettersName(tables[0]?.target.name ?? "")}`,
        ...tables.map((table) => `UPDATE ${table.targetNames.checkpoint} SET SYNC_ID = 0, DIGEST = ''`),
      ]);
    },
  };
}

const holeAge = (dialect: Dialect): number => Math.min(HOLE_AGE_MS, dialect.capabilities.minHoleAgeMs);

/** Ends the connection of a transaction on the server. */
function cut(pair: BlueGreen): (tx: Queryable) => Promise<void> {
  return async (tx) => {
    const { ownId, kill, find } = killWords(pair.target.dialect.name);
    const [row] = await tx.query(`SELECT ${ownId} AS id`);
    const id = Number(row?.["id"]);
    const killer = await pair.target.test.session({ admin: true });
    const look = (sql: string) => readProcesslist(killer, sql);
    const [found] = await waitFor(() => look(find(id)), { what: "the list of connections" });
    const isGone = find(id, String(found?.["SINCE"]));
    await killer.exec(kill(id));
    // MariaDB 10.11.19 can crash when a statement on the catalogue begins in a connection that is being killed.
    await waitFor(async () => (await look(isGone))?.length === 0, { what: "the connection to be gone" });
    await killer.close();
  };
}

async function contents(session: { query(sql: string): Promise<Row[]> }): Promise<Contents> {
  const [tokens, scopes, data] = [
    await session.query(`SELECT * FROM ${SYNCED[0]}`),
    await session.query(`SELECT * FROM ${SYNCED[1]}`),
    await session.query(`SELECT * FROM ${SYNCED[2]}`),
  ];
  return { [SYNCED[0]]: sorted(tokens), [SYNCED[1]]: sorted(scopes), [SYNCED[2]]: sorted(data) };
}

function sorted(rows: readonly Row[]): readonly Row[] {
  const text = (row: Row): string => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...rows].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
