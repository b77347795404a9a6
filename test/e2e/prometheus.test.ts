import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAddress } from "../../src/listen/address.ts";
import { metricsOf } from "../../src/listen/metrics.ts";
import { openListener } from "../../src/listen/server.ts";
import type { StatusReport } from "../../src/status/status.ts";
import { RULES, seriesOf } from "../support/firing-alerts.ts";
import { describeWithProgram } from "../support/programs.ts";
import { startPrometheus } from "../support/prometheus.ts";
import { waitFor } from "../support/wait-for.ts";
import { report, table, watched } from "../unit/listen/report.ts";

const TOKEN = "0123456789abcdef";
const exec = promisify(execFile);

const since = "2026-01-31T00:00:00.000Z";
/** What can happen, and the alerts that it brings within twenty minutes. */
const CAUSES: readonly (readonly [what: string, about: Partial<StatusReport>, alerts: readonly string[]])[] =
  [
    ["good times", {}, []],
    ["a server that does not answer", { stale: true }, ["SyncToolDatabaseAway"]],
    [
      "a group that has stopped",
      { tables: [table({ stopped: { since, code: "SCHEMA_CHANGED", why: "x" } })] },
      ["SyncToolGroupStopped"],
    ],
    [
      "a gap in capture",
      { tables: [table({ gap: "changes may be missing" })] },
      ["SyncToolChangesMayBeMissing"],
    ],
    ["a trigger that is gone", { tables: [table({ captured: false })] }, ["SyncToolChangesMayBeMissing"]],
    [
      "a runner that hangs",
      { tables: [table({ runner: { host: "h", pid: 1, since: null, movedSecondsAgo: 90 } })] },
      ["SyncToolNobodyApplies"],
    ],
    [
      "refused changes",
      { tables: [table({ deadLetters: 2, deadLettersByCode: { "23505": 2 } })] },
      ["SyncToolDeadLetters"],
    ],
    [
      "a pause that was forgotten",
      { tables: [table({ throttle: { kind: "pause", reason: "paused", since } })] },
      ["SyncToolHeldBack"],
    ],
    [
      "changes that nobody applies",
      { tables: [table({ pending: 9, lagSeconds: 400, runner: null, appliedPerSecond: null })] },
      ["SyncToolBehind"],
    ],
    [
      "changes that are held up",
      { tables: [table({ pending: 9, lagSeconds: 400, appliedPerSecond: 0 })] },
      ["SyncToolBehind"],
    ],
    [
      "a long catch-up, in which scopes wait for their tokens",
      {
        tables: [
          table({ pending: 90_000, lagSeconds: 900, appliedPerSecond: 2_000 }),
          table({
            ...{ table: "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", pending: 9, lagSeconds: 900, appliedPerSecond: 0 },
            waitsFor: ["IDN_OAUTH2_ACCESS_TOKEN"],
          }),
        ],
      },
      [],
    ],
    [
      "a transaction that stays open",
      {
        tables: [table({ openHole: { first: "5", last: "5" }, holders: [{ holder: "1", ageSeconds: 400 }] })],
      },
      ["SyncToolTransactionOpen"],
    ],
    [
      "an old proof",
      { verified: [{ schema: "identity", result: "equal", secondsAgo: 90_000 }] },
      ["SyncToolVerifyOld"],
    ],
    [
      "rows that differ",
      { verified: [{ schema: "identity", result: "different", secondsAgo: 60 }] },
      ["SyncToolDifferent"],
    ],
  ];

/** The samples that a run serves, as promtool's tests want them. */
async function servedSeries(about: Partial<StatusReport>): Promise<readonly object[]> {
  const shown = await watched(report(about));
  const text = metricsOf(shown.watch.view());
  await shown.stop();
  return seriesOf(text);
}

describeWithProgram("Alert rules", "promtool", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sync-tool-promtool-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("are understood, and each of them fires for its cause and for no other", async () => {
    await exec("promtool", ["check", "rules", RULES]);
    const isUp = (up: number): object => ({ series: 'up{job="sync-tool"}', values: `${up}+0x60` });
    const good = await servedSeries({});
    const cases = [
      ...(await Promise.all(
        CAUSES.map(async ([name, about, alerts]) => ({
          name,
          series: [...(await servedSeries(about)), isUp(1)],
          alerts,
        })),
      )),
      { name: "a run that does not answer", series: [isUp(0)], alerts: ["SyncToolGone"] },
      { name: "a run that nobody scrapes", series: good, alerts: ["SyncToolGone"] },
    ];
    const all = readFileSync(RULES, "utf8").matchAll(/alert: (\w+)/g);
    expect(new Set(cases.flatMap(({ alerts }) => alerts))).toEqual(new Set([...all].map(([, name]) => name)));
    const file = join(folder, "alerts.test.yaml");
    await writeFile(
      file,
      JSON.stringify({
        rule_files: [RULES],
        tests: cases.map(({ name, series, alerts }) => ({
          name,
          interval: "30s",
          input_series: series,
          promql_expr_test: [
            {
              expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
              eval_time: "20m",
              exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
            },
          ],
        })),
      }),
    );
    await exec("promtool", ["test", "rules", file]);
  });

  test("find nothing to mend in the metrics", async () => {
    const shown = await watched(report());
    const text = metricsOf(shown.watch.view());
    await shown.stop();
    const checked = exec("promtool", ["check", "metrics"]);
    checked.child.stdin?.end(text);
    expect(await checked).toMatchObject({ stderr: "" });
  });
});

describeWithProgram("Metrics", "prometheus", () => {
  test("are scraped with the token, and what they tell raises its alert", async () => {
    const ended = new AbortController();
    const listener = await openListener({
      address: parseAddress("127.0.0.1:0"),
      token: TOKEN,
      logLines: () => [],
      signal: ended.signal,
    });
    const letters = { '2350"5\\\n': 2 };
    const shown = await watched(report({ tables: [table({ deadLetters: 2, deadLettersByCode: letters })] }));
    listener.show(shown.watch);
    const prometheus = await startPrometheus(listener.url, TOKEN);
    try {
      const [alert] = await waitFor(
        async () => {
          const found = await prometheus.ask('ALERTS{alertname="SyncToolDeadLetters", alertstate="firing"}');
          return found.length > 0 && found;
        },
        { what: "the alert", timeoutMs: 60_000, facts: prometheus.said },
      );
      expect(alert?.metric).toMatchObject({ table: "IDN_OAUTH2_ACCESS_TOKEN", code: '2350"5\\\n' });
      expect((await prometheus.ask("up"))[0]?.value[1]).toBe("1");
      expect((await prometheus.ask("sync_tool_dead_letters"))[0]?.value[1]).toBe("2");
    } finally {
      await prometheus.close();
      ended.abort();
      await shown.stop();
      await listener.close();
    }
  });
});
