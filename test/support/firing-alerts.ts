/** Which alerts of config/prometheus/alerts.yaml metrics raise that a run has served, as Prometheus' own promtool judges it. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { metricsIn } from "./metric-lines.ts";

const RULES = join(import.meta.dirname, "../../config/prometheus/alerts.yaml");
const exec = promisify(execFile);

export interface AlertCase {
  readonly name: string;
  /** Text of /metrics. */
  readonly metrics: string;
  /** Those that fire when nothing of it changes for twenty minutes, once for each name. */
  readonly alerts: readonly string[];
}

/** Throws what promtool finds where other alerts fire than are expected. */
export async function checkAlerts(cases: readonly AlertCase[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-alerts-"));
  try {
    const file = join(folder, "alerts.test.yaml");
    const tests = cases.map(({ name, metrics, alerts }) => ({
      name,
      interval: "30s",
      input_series: [...seriesOf(metrics), { series: 'up{job="sync-tool"}', values: "1+0x60" }],
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

/** As promtool wants them: the same value for half an hour. */
export const seriesOf = (metrics: string): readonly object[] =>
  metricsIn(metrics).samples.map(({ name, labels, value }) => ({
    series: `${name}{${Object.entries({ ...labels, job: "sync-tool" })
      .map(([label, text]) => `${label}=${JSON.stringify(text)}`)
      .join(",")}}`,
    values: `${value}+0x60`,
  }));
