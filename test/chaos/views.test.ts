/** Whoever is asked where everything stands, and whatever goes wrong meanwhile: nobody tells it differently. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StatusReport } from "../../src/status/status.ts";
import { startProxyBefore } from "../support/behind-proxy.ts";
import { runInProcess } from "../support/command-in-process.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { metricsIn } from "../support/metric-lines.ts";
import { freePort } from "../support/servers/process.ts";
import type { TestDatabase, TestSession } from "../support/servers/test-server.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";
import { behind } from "./behind.ts";
import { createRandom } from "./random.ts";
import { type Runner, startRunner } from "./runner.ts";

const NOTES = "X_NOTE";
const REPLIES = "X_REPLY";
const STEPS = Math.ceil(testEnv.chaosFaults() / 4);
/** Between two looks of a run, and of whoever asks meanwhile. */
const PATIENCE_MS = 90_000;
const TIMEOUT_MS = 60_000 + STEPS * 2 * PATIENCE_MS;

describeDialects(
  "What is told under chaos",
  (dialect) => {
    let folder: string;
    let blue: TestDatabase;
    let green: TestDatabase;
    let proxies: readonly [blue: TcpProxy, green: TcpProxy];
    let runner: Runner;
    let url: string;
    const opened: TestSession[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "sync-tool-views-"));
      const server = await dialect.server();
      [blue, green] = [await server.createDatabase(), await server.createDatabase()];
      for (const database of [blue, green])
        await database.exec([
          `CREATE TABLE ${NOTES} (ID INTEGER PRIMARY KEY, NOTE VARCHAR(20))`,
          `CREATE TABLE ${REPLIES} (ID INTEGER PRIMARY KEY, NOTE_ID INTEGER NOT NULL, FOREIGN KEY (NOTE_ID) REFERENCES ${NOTES} (ID))`,
        ]);
      await green.exec(`ALTER TABLE ${NOTES} ADD CONSTRAINT ACCEPTABLE CHECK (NOTE <> 'refused')`);
      proxies = [await startProxyBefore(blue), await startProxyBefore(green)];
      const config = await writeConfigFiles(folder, {
        source: behind(blue, proxies[0]),
        target: behind(green, proxies[1]),
        sourceVersion: "5.11.0",
        syncTables: [NOTES, REPLIES],
        properties: { syncInterval: "50" },
      });
      expect(await runInProcess(["prepare"], folder)).toMatchObject({ code: 0 });
      await blue.exec(`INSERT INTO ${NOTES} VALUES (1, 'one')`);
      expect(await runInProcess(["run", "--until-drained"], folder)).toMatchObject({ code: 0 });
      const address = `127.0.0.1:${await freePort()}`;
      url = `http://${address}/`;
      runner = startRunner([
        "run",
        "--listen",
        address,
        "--config",
        config,
        "--log-dir",
        join(folder, "log"),
      ]);
    });
    afterAll(async () => {
      for (const session of opened) await session.close();
      await runner.stop();
      for (const proxy of proxies) await proxy.close();
      await Promise.all([blue.drop(), green.drop()]);
      await rm(folder, { recursive: true, force: true });
    });

    test("status, drain, page and metrics tell the same state at the same moment", {
      timeout: TIMEOUT_MS,
    }, async () => {
      const seed = testEnv.seed() ?? Math.floor(Math.random() * 2 ** 31);
      const random = createRandom(seed);
      let id = 1;
      const write = async (note = "x"): Promise<number> => {
        id += 1;
        await blue.exec([`INSERT INTO ${NOTES} VALUES (${id}, '${note}')`]);
        return id;
      };
      const command = async (...args: readonly string[]) => {
        await waitFor(async () => (await runInProcess(args, folder)).code === 0, {
          what: args.join(" "),
          timeoutMs: PATIENCE_MS,
        });
      };
      /** Begins a state that lasts, and gives what ends it. */
      const states: readonly (() => Promise<() => Promise<unknown>>)[] = [
        async () => {
          await command("pause", "--reason", "chaos");
          await write();
          return () => command("resume");
        },
        async () => {
          const session = await blue.session();
          opened.push(session);
          id += 1;
          await session.exec(["BEGIN", `INSERT INTO ${NOTES} VALUES (${id}, 'open')`]);
          await blue.exec([`INSERT INTO ${REPLIES} VALUES (${await write()}, 1)`]);
          return () => session.exec("ROLLBACK");
        },
        async () => {
          const session = await green.session();
          opened.push(session);
          await session.exec(["BEGIN", `UPDATE ${NOTES} SET NOTE = 'held' WHERE ID = 1`]);
          await blue.exec(`UPDATE ${NOTES} SET NOTE = '${id}' WHERE ID = 1`);
          return () => session.exec("ROLLBACK");
        },
        async () => {
          const refused = await write("refused");
          return () => blue.exec(`DELETE FROM ${NOTES} WHERE ID = ${refused}`);
        },
      ];
      const faults: readonly (() => unknown)[] = [
        () => runner.kill(),
        () => random.pick(proxies).cut(),
        async () => {
          const proxy = random.pick(proxies);
          proxy.refuse();
          await nothingIsSafe();
          await proxy.heal();
        },
      ];
      const nothingIsSafe = async (): Promise<void> => {
        await waitFor(async () => (await told(url))?.report.stale === true, {
          what: "a look that finds a server gone",
          timeoutMs: PATIENCE_MS,
        });
        const drain = await runInProcess(["drain", "--json"], folder);
        expect(drain.code).not.toBe(0);
      };
      const ends = new Map<number, () => Promise<unknown>>();
      const turns = Array.from({ length: Math.ceil(STEPS / states.length) }, () =>
        random.shuffled(states.map((_, i) => i)),
      ).flat();
      const watcher = watchServed(url);
      try {
        for (const [step, i] of turns.slice(0, STEPS).entries()) {
          const end = ends.get(i);
          ends.delete(i);
          if (end === undefined) ends.set(i, await (states[i] as (typeof states)[number])());
          else await end();
          await faults[step % faults.length]?.();
          runner.check();
          await allAgree(url, folder);
        }
        for (const end of ends.values()) await end();
        ends.clear();
        await allAgree(url, folder);
        expect(await watcher.stop()).toBeGreaterThan(STEPS);
      } catch (error) {
        throw new Error(`chaos with SYNC_TEST_SEED=${seed}: ${(error as Error).message}`, { cause: error });
      } finally {
        for (const end of ends.values()) await end();
        await watcher.stop().catch(() => undefined);
      }
    });
  },
  // Every night on all of them.
  testEnv.chaosFaults() < 100 ? ["postgres"] : undefined,
);

type Served = Omit<StatusReport, "serving">;

interface Told {
  readonly report: Served;
  readonly metrics: string;
  readonly page: string;
}

/** What one look has told everybody; undefined where another one came between, or nobody answers. */
async function told(url: string): Promise<Told | undefined> {
  const get = async (path: string): Promise<string> => {
    const answer = await fetch(`${url}${path}`);
    return answer.ok ? await answer.text() : "";
  };
  try {
    const before = await get("status.json");
    const [metrics, page] = [await get("metrics"), await get("")];
    if (before === "" || (await get("status.json")) !== before) return undefined;
    return { report: JSON.parse(before) as Served, metrics, page };
  } catch {
    return undefined;
  }
}

/** Holds page and metrics against /status.json of the same look, again and again; gives how often. */
function watchServed(url: string): { stop(): Promise<number> } {
  let isStopped = false;
  let compared = 0;
  const watch = async (): Promise<number> => {
    while (!isStopped) {
      const seen = await told(url);
      if (seen !== undefined) sameServed(seen);
      if (seen !== undefined) compared += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return compared;
  };
  const watching = watch();
  // Told by whoever stops it.
  watching.catch(() => undefined);
  return {
    stop: () => {
      isStopped = true;
      return watching;
    },
  };
}

function sameServed({ report, metrics, page }: Told): void {
  const { at, stale, safeToSwitch, tables, reasons } = report;
  const read = metricsIn(metrics);
  expect(read.one("sync_tool_up")).toBe(stale ? 0 : 1);
  expect(read.one("sync_tool_safe_to_switch")).toBe(safeToSwitch ? 1 : 0);
  expect(read.one("sync_tool_look_timestamp_seconds")).toBeCloseTo(Date.parse(at) / 1000, 3);
  const text = page.replaceAll("&#39;", "'");
  expect(text).toContain(`Seen at <time datetime="${at}">`);
  expect(text.includes(": safe to switch</h1>")).toBe(safeToSwitch);
  expect(text.includes("Not known")).toBe(stale);
  for (const reason of reasons) expect(text).toContain(`<li>${reason}</li>`);
  for (const one of tables) {
    const about = { table: one.table };
    const values = {
      sync_tool_captured: one.captured,
      sync_tool_pending_changes: one.pending,
      sync_tool_lag_seconds: one.lagSeconds,
      sync_tool_applied_changes_per_second: one.appliedPerSecond,
      sync_tool_waits_for_parents: one.waitsFor.length > 0,
      sync_tool_throttled: one.throttle !== null,
      sync_tool_gap: one.gap !== null,
      sync_tool_problems: one.problems.length,
    };
    for (const [name, value] of Object.entries(values))
      if (value !== null) expect(read.one(name, about), name).toBe(Number(value));
    expect(read.sum("sync_tool_dead_letters", about)).toBe(one.deadLetters);
    const row = new RegExp(`<th scope="row">${one.table}</th>(.*?)</tr>`, "s").exec(text)?.[1];
    expect(row).toContain(`data-title="Pending">${one.pending ?? "-"}<`);
    expect(row).toContain(`data-title="Dead letters">${one.deadLetters}<`);
    const rate = one.appliedPerSecond;
    expect(row).toContain(`data-title="Applied/s">${rate === null ? "-" : Math.round(rate)}<`);
  }
}

/** What stays as it is while nobody does anything: no ages, and no rates. */
const factsOf = ({ phase, next, safeToSwitch, reasons, tables }: Served) => ({
  ...{ phase, next, safeToSwitch },
  reasons: reasons.map((reason) => reason.replace(/\b\d+ s\b/, "a while")),
  tables: tables.map(({ lagSeconds, appliedPerSecond, holders, runner, lastError, ...facts }) => ({
    ...facts,
    isBehind: (lagSeconds ?? 0) > 0,
    runner: runner === null ? null : { host: runner.host, pid: runner.pid },
    lastError: lastError?.code,
  })),
});

/** Commands that are given between two looks which agree see nothing else. */
async function allAgree(url: string, folder: string): Promise<void> {
  let seen: unknown;
  await waitFor(
    async () => {
      const before = await told(url);
      if (before === undefined || before.report.stale) return false;
      const [status, drain] = [
        await runInProcess(["status", "--json"], folder),
        await runInProcess(["drain", "--json"], folder),
      ];
      const after = await waitFor(
        async () => {
          const now = await told(url);
          return now !== undefined && now.report.at !== before.report.at && now;
        },
        { what: "the next look", timeoutMs: PATIENCE_MS },
      );
      const facts = factsOf(before.report);
      seen = [facts, factsOf(after.report), status, drain];
      if (after.report.stale || JSON.stringify(facts) !== JSON.stringify(factsOf(after.report))) return false;
      expect(factsOf(JSON.parse(status.stdout) as Served)).toEqual(facts);
      const gate = JSON.parse(drain.stdout) as {
        readonly drained: boolean;
        readonly reasons: readonly { readonly kind: string; readonly text: string }[];
        readonly tables: readonly { readonly table: string }[];
      };
      expect(gate.drained).toBe(facts.safeToSwitch);
      // Whether anybody holds the lock of what stands still, the gate alone looks at.
      const reasons = gate.reasons.filter(
        ({ kind, text }) => kind !== "no-runner" || !/no runner/.test(text),
      );
      expect(reasons.map(({ text }) => text.replace(/\b\d+ s\b/, "a while"))).toEqual(facts.reasons);
      expect(gate.tables).toMatchObject(
        facts.tables.map(({ table, pending, deadLetters }) => ({ table, pending, deadLetters })),
      );
      return true;
    },
    { what: "two looks that agree", timeoutMs: PATIENCE_MS, facts: () => JSON.stringify(seen, undefined, 1) },
  );
}
