/** Which alerts of config/prometheus/alerts.yaml metrics raise that a run has served, as Prometheus' own promtool judges it. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { metricsIn } from "./metric-lines.ts";

export const RULES = join(import.meta.dirname, "../../config/prometheus/alerts.yaml");
const exec = promisify(execFile);

export interface AlertCase {
  readonly name: string;
  /** Text of /metrics; undefined when nobody answers. */
  readonly metrics: string | undefined;
  /** The same a little later: ages that have grown meanwhile go on growing, as they do while their cause lasts. */
  readonly later?: string;
  /** Those that fire when nothing else changes for twenty minutes, once for each name. */
  readonly alerts: readonly string[];
}

/** Seconds that the clock alone adds to, until the cause is gone. */
const AGES = ["sync_tool_lag_seconds", "sync_tool_open_hole_age_seconds"];
const INTERVAL_SECONDS = 30;

/** Throws what promtool finds where other alerts fire than are expected. */
export async function checkAlerts(cases: readonly AlertCase[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-alerts-"));
  try {
    const file = join(folder, "alerts.test.yaml");
    const tests = cases.map(({ name, metrics, later, alerts }) => ({
      name,
      interval: `${INTERVAL_SECONDS}s`,
      input_series: [
        ...(metrics === undefined ? [] : seriesOf(metrics, later)),
        { series: 'up{job="sync-tool"}', values: `${metrics === undefined ? 0 : 1}+0x60` },
      ],
      promql_expr_test: [
        {
          expr: 'group by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: "20m",
          exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
        },
      ],
    }));
    await writeFile(file, JSON.stringify({ rule_files: [RULES], tests }));
    await exec("promtool", ["test", "rules", file]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As promtool wants them, for half an hour: the same value, but for ages that have grown until later. */
export function seriesOf(metrics: string, later = metrics): readonly object[] {
  const before = metricsIn(metrics);
  return metricsIn(later).samples.map(({ name, labels, value }) => {
    const grows = AGES.includes(name) && value > before.sum(name, labels);
    return {
      series: `${name}{${Object.entries({ ...labels, job: "sync-tool" })
        .map(([label, text]) => `${label}=${JSON.stringify(text)}`)
        .join(",")}}`,
      values: `${value}+${grows ? INTERVAL_SECONDS : 0}x60`,
    };
  });
}
