import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sleep } from "../../src/util/sleep.ts";
import { behindProxy, startProxyBefore } from "../support/behind-proxy.ts";
import { type CliProcess, runCli, startCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { faultsOfDashboard } from "../support/dashboard.ts";
import { describeDialects } from "../support/dialects.ts";
import { type AlertCase, checkAlerts, RULES } from "../support/firing-alerts.ts";
import { faultsOfJson } from "../support/json-contract.ts";
import { metricsIn } from "../support/metric-lines.ts";
import { type Prometheus, startPrometheus } from "../support/prometheus.ts";
import { findProgram } from "../support/servers/find-program.ts";
import type { TestSession } from "../support/servers/test-server.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const NOTES = "X_NOTE";
const LOAD = "X_LOAD";
/** Nothing of it is applied before the one change that green holds up. */
const SLOW = "X_SLOW";
const put = (user: string): string =>
  `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${user}', 'k', 'v')`;
const hasPrometheus = findProgram("prometheus") !== undefined;
/** A run that listens ends as soon as any other: a look that is under way keeps it from nothing. */
const STOP_MS = 40_000;

interface Told {
  readonly verified: readonly { readonly result: string | null; readonly secondsAgo: number | null }[];
  readonly stale: boolean;
  readonly safeToSwitch: boolean;
  readonly reasons: readonly string[];
  readonly tables: readonly {
    readonly table: string;
    readonly group: string;
    readonly pending: number;
    readonly deadLetters: number;
    readonly deadLettersByCode: Readonly<Record<string, number>>;
    readonly stopped: { readonly code: string; readonly since: string } | null;
    readonly runner: { readonly pid: number } | null;
    readonly captured: boolean;
    readonly gap: string | null;
    readonly problems: readonly string[];
    readonly openHole: object | null;
    readonly throttle: { readonly reason: string } | null;
  }[];
}

describeDialects(
  "run --listen",
  (dialect) => {
    let pair: CliPair;
    let run: CliProcess;
    let url: string;
    let proxy: TcpProxy;
    /** Scrapes the run from its first second to its end. */
    let scraping: Promise<Prometheus> | undefined;
    const held: TestSession[] = [];

    beforeAll(async () => {
      pair = await openCliPair(dialect);
      const { folder, blue, green } = pair;
      for (const database of [blue, green])
        await database.exec([
          ...createTables(dialect.name, "5.11.0", [TABLE]),
          ...[NOTES, SLOW].map((name) => `CREATE TABLE ${name} (ID INTEGER PRIMARY KEY, NOTE VARCHAR(20))`),
        ]);
      await blue.exec([`CREATE TABLE ${LOAD} (N INTEGER)`, `INSERT INTO ${LOAD} VALUES (0)`]);
      await green.exec(`ALTER TABLE ${NOTES} ADD CONSTRAINT ACCEPTABLE CHECK (NOTE <> 'refused')`);
      proxy = await startProxyBefore(green);
      await writeConfigFiles(folder, {
        source: blue,
        target: behindProxy(green, proxy),
        sourceVersion: "5.11.0",
        syncTables: [TABLE, NOTES, SLOW],
        properties: { syncInterval: "50", "throttleQuery.source": `SELECT N FROM ${LOAD}` },
      });
      expect((await runCli(["prepare"], folder)).code).toBe(0);
      run = startCli(["run", "--listen", "127.0.0.1:0"], folder);
      url = await waitFor(() => /"url":"([^"]+)"/.exec(run.output().stderr)?.[1], {
        what: "the run to listen",
        timeoutMs: 60_000,
        facts: () => run.output().stderr,
      });
      if (hasPrometheus) scraping = startPrometheus(url);
      // Told by whoever waits for it.
      scraping?.catch(() => undefined);
    });
    afterAll(async () => {
      run.kill("SIGKILL");
      await run.ended.catch(() => undefined);
      await (await scraping)?.close();
      for (const session of held) await session.close();
      await proxy.close();
      await pair.close();
    });

    const get = async (path: string): Promise<string> => await (await fetch(`${url}${path}`)).text();
    /** What is served, once it is as it should be. */
    const served = async (isSo: (told: Told) => boolean, what: string): Promise<Told> =>
      await waitFor(
        async () => {
          const text = await get("status.json");
          if (!text.startsWith("{")) return undefined;
          expect(faultsOfJson("status", text)).toEqual([]);
          const told = JSON.parse(text) as Told;
          return isSo(told) ? told : undefined;
        },
        { what, timeoutMs: 60_000, pollMs: 200, facts: () => run.output().stderr },
      );
    const factsOf = ({ safeToSwitch, reasons, tables }: Told) => ({
      safeToSwitch,
      reasons,
      tables: tables.map(({ table, group, pending, deadLetters, deadLettersByCode, stopped }) => ({
        ...{ table, group, pending, deadLetters, deadLettersByCode, stopped },
      })),
    });
    /** What was served while something was wrong, and the alerts that it is to raise. */
    const raised: AlertCase[] = [];
    const raises = async (name: string, ...alerts: readonly string[]): Promise<void> => {
      raised.push({ name, metrics: await get("metrics"), alerts });
    };
    /** The same for a cause that lasts: ages of this table grow from look to look. */
    const raisesWithAge = async (name: string, age: string, of: string, ...alerts: readonly string[]) => {
      const metrics = await get("metrics");
      const later = await waitFor(
        async () => {
          const text = await get("metrics");
          const grew = (metric: string, labels = {}): boolean =>
            metricsIn(text).sum(metric, labels) > metricsIn(metrics).sum(metric, labels);
          return grew("sync_tool_look_timestamp_seconds") && grew(age, { table: of }) && text;
        },
        { what: `${age} to grow`, timeoutMs: 60_000, pollMs: 200 },
      );
      raised.push({ name, metrics, later, alerts });
    };
    /** Everybody who is asked says the same. */
    const agree = async (told: Told): Promise<void> => {
      const json = async (...args: readonly string[]) =>
        JSON.parse((await runCli([...args, "--json"], pair.folder)).stdout);
      const [status, drain] = await Promise.all([json("status"), json("drain")]);
      expect(factsOf(status)).toEqual(factsOf(told));
      expect(drain.drained).toBe(told.safeToSwitch);
      // Who holds a lock that stands still, the gate alone looks at.
      const reasons = (drain.reasons as readonly { kind: string; text: string }[]).filter(
        ({ kind }) => kind !== "no-runner",
      );
      expect(reasons.map(({ text }) => text)).toEqual(told.reasons);
      expect(drain.tables).toMatchObject(
        told.tables.map(({ table, pending, deadLetters }) => ({ table, pending, deadLetters })),
      );
      const metrics = metricsIn(await get("metrics"));
      expect(metrics.one("sync_tool_up")).toBe(1);
      expect(metrics.one("sync_tool_safe_to_switch")).toBe(told.safeToSwitch ? 1 : 0);
      for (const { table, group, pending, deadLetters, stopped, runner } of told.tables) {
        expect(metrics.one("sync_tool_pending_changes", { table })).toBe(pending);
        expect(metrics.sum("sync_tool_dead_letters", { table })).toBe(deadLetters);
        const why = { group, code: stopped?.code ?? "" };
        expect(metrics.one("sync_tool_group_stopped", why)).toBe(stopped === null ? 0 : 1);
        if (runner !== null)
          expect(metrics.one("sync_tool_runner_info", { group, pid: String(runner.pid) })).toBe(1);
      }
      const page = await get("");
      expect(page.includes("safe to switch</h1>")).toBe(told.safeToSwitch);
      for (const reason of told.reasons)
        expect(page.replaceAll("&#39;", "'")).toContain(`<li>${reason}</li>`);
    };

    test("in step: status, drain, page and metrics say so, and it is ready", async () => {
      await pair.blue.exec(`INSERT INTO ${NOTES} VALUES (1, 'one')`);
      const told = await served(
        ({ safeToSwitch, tables }) => safeToSwitch && tables.every(({ runner }) => runner?.pid === run.pid),
        "everything to be in step",
      );
      await agree(told);
      expect((await fetch(`${url}readyz`)).status).toBe(200);
      expect(metricsIn(await get("metrics")).one("sync_tool_applied_changes_total", { table: NOTES })).toBe(
        1,
      );
      await raises("in step");
      await scraping;
    });

    test("behind: all of them say that a change is pending", async () => {
      const holder = await pair.green.session();
      held.push(holder);
      await holder.exec(["BEGIN", `UPDATE ${NOTES} SET NOTE = 'held' WHERE ID = 1`]);
      await holder.exec(`LOCK TABLE ${SLOW} IN SHARE MODE`);
      await pair.blue.exec([
        `UPDATE ${NOTES} SET NOTE = 'two' WHERE ID = 1`,
        `INSERT INTO ${SLOW} VALUES (1, 'slow')`,
      ]);
      await agree(
        await served(
          ({ tables }) => tables.filter(({ pending }) => pending === 1).length === 2,
          "both to be pending",
        ),
      );
      await raisesWithAge("changes that green holds up", "sync_tool_lag_seconds", SLOW, "SyncToolBehind");
      // What it has said of itself is ten minutes old, also where it has just said it again.
      const metrics = await waitFor(
        async () => {
          await pair.green.exec(
            `UPDATE SYNC_STATE SET UPDATED_AT = UPDATED_AT - interval '10 minutes' WHERE NAME = 'runner/${NOTES}'`,
          );
          const text = await get("metrics");
          return metricsIn(text).one("sync_tool_runner_moved_seconds", { group: NOTES }) > 500 && text;
        },
        { what: "the runner to have stood still for long", timeoutMs: 60_000, pollMs: 200 },
      );
      raised.push({ name: "a runner that hangs", metrics, alerts: ["SyncToolNobodyApplies"] });
      await holder.exec("ROLLBACK");
      await served(({ safeToSwitch }) => safeToSwitch, "the changes to arrive");
      // The gate's own proof is old, then its comparison finds a row that differs.
      expect(await runCli(["verify"], pair.folder)).toMatchObject({ code: 0 });
      await pair.green.exec(
        "UPDATE SYNC_STATE SET UPDATED_AT = UPDATED_AT - interval '2 days' WHERE NAME LIKE 'verify/%'",
      );
      await served(
        ({ verified }) => verified.some(({ secondsAgo }) => (secondsAgo ?? 0) > 100_000),
        "it to be old",
      );
      await raises("a proof that is old", "SyncToolVerifyOld");
      await pair.green.exec(`UPDATE ${NOTES} SET NOTE = 'another' WHERE ID = 1`);
      expect(await runCli(["verify"], pair.folder)).toMatchObject({ code: 6 });
      await served(({ verified }) => verified.some(({ result }) => result === "different"), "it to be told");
      await raises("rows that differ", "SyncToolDifferent");
      expect(await runCli(["verify", "--repair"], pair.folder)).toMatchObject({ code: 0 });
    });

    test("a transaction that stays open on blue, and green gone: what they are raises its alert", async () => {
      const open = await pair.blue.session();
      held.push(open);
      await open.exec(["BEGIN", put("open")]);
      await pair.blue.exec(put("behind-it"));
      await served(({ tables }) => tables.some(({ openHole }) => openHole !== null), "the open hole");
      const age = "sync_tool_open_hole_age_seconds";
      // What came behind it is late as well.
      const alerts = ["SyncToolTransactionOpen", "SyncToolBehind"];
      await raisesWithAge("a transaction that stays open", age, TABLE, ...alerts);
      await open.exec("ROLLBACK");
      await served(({ safeToSwitch }) => safeToSwitch, "the change behind it to arrive");
      proxy.refuse();
      await served(({ stale }) => stale, "a look that finds green gone");
      await raises("green that does not answer", "SyncToolDatabaseAway");
      await proxy.heal();
      await served(({ safeToSwitch }) => safeToSwitch, "green to be back");
    });

    test("held back by a pause or a throttle query: all of them say why, whoever waits holds nothing, and it lapses", async () => {
      const { blue, green, folder } = pair;
      const heldBy = async (reason: RegExp): Promise<Told> => {
        const told = await served(
          ({ tables }) => tables.some((one) => one.pending === 1 && reason.test(one.throttle?.reason ?? "")),
          `a run that is held back: ${reason}`,
        );
        const held = told.tables.find(({ pending }) => pending === 1)?.throttle?.reason ?? "";
        expect(
          metricsIn(await get("metrics")).one("sync_tool_throttled", { table: NOTES, reason: held }),
        ).toBe(1);
        expect((await get("")).replaceAll("&#39;", "'")).toContain(held);
        expect(run.output().stderr).toContain(`"reason":"${held}"`);
        const open =
          "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
        expect([await blue.query(open), await green.query(open)]).toEqual([[], []]);
        return told;
      };
      const inStep = () => served(({ safeToSwitch }) => safeToSwitch, "the change to arrive");

      expect(await runCli(["pause", "--reason", "backup of blue's disk"], folder)).toMatchObject({ code: 0 });
      await waitFor(() => run.output().stderr.includes("held back:"), {
        what: "the run to notice",
        timeoutMs: 60_000,
      });
      await blue.exec(`INSERT INTO ${NOTES} VALUES (3, 'three')`);
      const copy = startCli(["copy", "--table", NOTES], folder);
      await waitFor(() => copy.output().stderr.includes("held back:"), {
        what: "copy to wait",
        timeoutMs: 60_000,
      });
      await heldBy(/^paused by .*: backup of blue's disk$/);
      expect(await green.query(`SELECT ID FROM ${NOTES} WHERE ID = 3`)).toEqual([]);
      expect(await runCli(["resume"], folder)).toMatchObject({ code: 0 });
      await inStep();
      expect(await copy.ended).toMatchObject({ code: 0 });

      await blue.exec(`UPDATE ${LOAD} SET N = 5`);
      await waitFor(() => run.output().stderr.includes('"value":5'), {
        what: "the run to notice",
        timeoutMs: 60_000,
      });
      await blue.exec(`DELETE FROM ${NOTES} WHERE ID = 3`);
      await agree(await heldBy(/^throttleQuery.source is above 0$/));
      await raises("a throttle query that does not lapse", "SyncToolHeldBack");
      await blue.exec(`UPDATE ${LOAD} SET N = 0`);
      expect((await inStep()).tables.every(({ throttle }) => throttle === null)).toBe(true);
    });

    test("dead letters: all of them count them, by the database's code", async () => {
      await pair.blue.exec(`INSERT INTO ${NOTES} VALUES (2, 'refused')`);
      const told = await served(
        ({ tables }) => tables.some(({ deadLetters }) => deadLetters === 1),
        "a letter",
      );
      await agree(told);
      expect(await get("")).toContain("<h2>Dead letters</h2>");
      await raises("a change that green refuses", "SyncToolDeadLetters");
      expect((await fetch(`${url}readyz`)).status).toBe(200);
    });

    test("stopped: all of them say since when and why, and it is not ready", async () => {
      await pair.green.exec(`ALTER TABLE ${TABLE} RENAME TO ELSEWHERE`);
      await pair.blue.exec(put("ann"));
      await waitFor(() => run.output().stderr.includes("the group has stopped"), {
        what: "the group to stop",
        timeoutMs: 60_000,
        facts: () => run.output().stderr,
      });
      await pair.green.exec(`ALTER TABLE ELSEWHERE RENAME TO ${TABLE}`);
      const told = await served(({ tables }) => tables.some(({ stopped }) => stopped !== null), "the stop");
      await agree(told);
      const since = told.tables.find(({ stopped }) => stopped !== null)?.stopped?.since ?? "";
      expect(await get("")).toContain(since);
      const stoppedAt = metricsIn(await get("metrics")).one("sync_tool_group_stopped_timestamp_seconds");
      expect(stoppedAt).toBeCloseTo(Date.parse(since) / 1000, 2);
      await raises("a group that has stopped", "SyncToolGroupStopped", "SyncToolDeadLetters");
      await pair.blue.exec(`ALTER TABLE ${TABLE} DISABLE TRIGGER ${TABLE}_IT`);
      await served(({ tables }) => tables.some(({ captured }) => !captured), "the trigger to be missed");
      await raises(
        "a trigger that does not fire",
        ...["SyncToolGroupStopped", "SyncToolDeadLetters", "SyncToolChangesMayBeMissing"],
      );
      expect((await runCli(["prepare"], pair.folder)).code).toBe(0);
      await served(({ tables }) => tables.some(({ gap }) => gap !== null), "the gap to be told");
      await raises(
        "changes that no trigger saw",
        ...["SyncToolGroupStopped", "SyncToolDeadLetters", "SyncToolChangesMayBeMissing"],
      );
      await pair.green.exec(`UPDATE ${TABLE}_SV SET JOURNAL_ID = 'another'`);
      await served(({ tables }) => tables.some(({ problems }) => problems.length > 0), "the problem");
      expect((await fetch(`${url}readyz`)).status).toBe(503);
      expect((await fetch(`${url}livez`)).status).toBe(200);
    });

    test.skipIf(!hasPrometheus)("every panel of the dashboard had data", async () => {
      const prometheus = (await scraping) as Prometheus;
      // The last state of the test before may have still to be scraped.
      let faults: readonly string[] = [];
      const isWhole = async (): Promise<boolean> => {
        faults = await faultsOfDashboard(prometheus);
        return faults.length === 0;
      };
      await waitFor(isWhole, {
        what: "data of every panel",
        timeoutMs: 60_000,
        pollMs: 200,
        facts: () => faults.join("\n"),
      });
    });

    test("a stop ends it, and the port is free again", async () => {
      run.kill("SIGTERM");
      const ended = await Promise.race([run.ended, sleep(STOP_MS)]);
      expect(ended).toMatchObject({ code: 7 });
      await expect(fetch(`${url}livez`)).rejects.toThrow();
      const prometheus = await scraping;
      if (prometheus === undefined) return;
      const pending = 'ALERTS{alertname="SyncToolGone", alertstate="pending"}';
      await waitFor(async () => (await prometheus.ask(pending)).length > 0, {
        what: "Prometheus to miss it",
        timeoutMs: 60_000,
        facts: prometheus.said,
      });
      expect((await prometheus.ask("up"))[0]?.value[1]).toBe("0");
      raised.push({ name: "a run that has ended", metrics: undefined, alerts: ["SyncToolGone"] });
    });

    test.skipIf(!hasPrometheus || findProgram("promtool") === undefined)(
      "what was wrong raises its alert, and no other",
      async () => {
        await checkAlerts(raised);
        const all = readFileSync(RULES, "utf8").matchAll(/alert: (\w+)/g);
        expect(new Set(raised.flatMap(({ alerts }) => alerts))).toEqual(
          new Set([...all].map(([, name]) => name)),
        );
      },
    );
  },
  ["postgres"],
);
