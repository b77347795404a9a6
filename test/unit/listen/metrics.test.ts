import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { parse } from "yaml";
import { metricsOf } from "../../../src/listen/metrics.ts";
import { metricsIn } from "../../support/metric-lines.ts";
import { report, table, type Watched, watched } from "./report.ts";

const CONFIG = join(import.meta.dirname, "../../../config");

let shown: Watched | undefined;
afterEach(async () => {
  await shown?.stop();
  shown = undefined;
});

const metrics = async (about: Parameters<typeof report>[0], now?: () => number) => {
  shown = await watched(report(about), now);
  return metricsIn(metricsOf(shown.watch.view()));
};

test("every metric of the alert rules is served, with a sample in good times too", async () => {
  interface Rules {
    readonly groups: readonly {
      readonly rules: readonly { readonly alert: string; readonly expr: string }[];
    }[];
  }
  const { groups } = parse(readFileSync(join(CONFIG, "prometheus/alerts.yaml"), "utf8")) as Rules;
  const named = groups
    .flatMap(({ rules }) => rules)
    .flatMap(({ expr }) => expr.match(/\bsync_tool_\w+/g) ?? []);
  expect(named.length).toBeGreaterThan(8);
  const { samples } = await metrics({});
  const served = new Set(samples.map(({ name }) => name));
  expect(named.filter((name) => !served.has(name))).toEqual([]);
});

test("every metric and label of the Grafana dashboard is served", async () => {
  interface Dashboard {
    readonly panels: readonly {
      readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
    }[];
  }
  const text = readFileSync(join(CONFIG, "grafana/sync-tool.json"), "utf8");
  const targets = (JSON.parse(text) as Dashboard).panels.flatMap((panel) => panel.targets);
  expect(targets.length).toBeGreaterThan(12);
  const { names, samples } = await metrics({});
  const unknown = targets.flatMap(({ expr, legendFormat }) => {
    const metric = /\bsync_tool_\w+/.exec(expr)?.[0] ?? expr;
    const own = Object.keys(samples.find(({ name }) => name === metric)?.labels ?? {});
    // Prometheus itself adds the instance.
    const labels = [...expr.matchAll(/(\w+)=~/g), ...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(
      ([, label = ""]) => label,
    );
    return [
      ...(names.includes(metric) ? [] : [metric]),
      ...labels.filter((label) => ![...own, "instance"].includes(label)).map((label) => `${metric} ${label}`),
    ];
  });
  expect(unknown).toEqual([]);
});

test("every metric is described in config/README.md, and none that there is not", async () => {
  const { names } = await metrics({});
  const readme = readFileSync(join(CONFIG, "README.md"), "utf8");
  const described = new Set(readme.match(/\bsync_tool_\w+/g));
  expect([...described].sort()).toEqual([...names].sort());
});

test("what is not known is left out, not 0", async () => {
  const found = await metrics({ tables: [table({ pending: null, lagSeconds: null, runner: null })] });
  const named = new Set(found.samples.map(({ name }) => name));
  for (const name of ["sync_tool_pending_changes", "sync_tool_lag_seconds", "sync_tool_runner_info"])
    expect(named.has(name)).toBe(false);
});

test("an open hole has the age of who holds it, or at least that for which it was seen", async () => {
  let nowMs = 0;
  const age = (): number => metricsIn(metricsOf(shown?.watch.view())).one("sync_tool_open_hole_age_seconds");
  const waits = (first: string, ageSeconds?: number) =>
    report({
      tables: [
        table({
          openHole: { first, last: first },
          holders: ageSeconds === undefined ? [] : [{ holder: "1", ageSeconds }],
        }),
      ],
      safeToSwitch: false,
    });
  shown = await watched(waits("5"), () => nowMs);
  expect(age()).toBe(0);
  nowMs = 40_000;
  await shown.look(waits("5"));
  expect(age()).toBe(40);
  await shown.look(waits("5", 700));
  expect(age()).toBe(700);
  // Another one: it was not seen before.
  await shown.look(waits("6"));
  expect(age()).toBe(0);
  await shown.look(report());
  expect(age()).toBe(0);
});

test("dead letters are told by code, groups once", async () => {
  const stopped = { since: "2026-01-31T00:00:00.000Z", code: "SCHEMA_CHANGED", why: "x" };
  const found = await metrics({
    tables: [
      table({ deadLetters: 5, deadLettersByCode: { "23505": 4, "22001": 1 }, stopped }),
      table({ table: "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", stopped }),
    ],
  });
  expect(found.one("sync_tool_dead_letters", { code: "23505" })).toBe(4);
  expect(found.sum("sync_tool_dead_letters")).toBe(5);
  expect(found.one("sync_tool_group_stopped", { group: "TOKENS", code: "SCHEMA_CHANGED" })).toBe(1);
  expect(found.one("sync_tool_group_stopped_timestamp_seconds")).toBe(Date.parse(stopped.since) / 1000);
});
