/** Metrics in Prometheus' text format, version 0.0.4. */

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** Null and NaN are not known: they are left out. */
  readonly samples: readonly { readonly labels?: Labels; readonly value: number | boolean | null }[];
}

export type Labels = Readonly<Record<string, string>>;

export function metricText(metrics: readonly Metric[]): string {
  return metrics.map(oneMetric).join("");
}

function oneMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.flatMap(({ labels = {}, value }) => {
    if (value === null || Number.isNaN(value)) return [];
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return [`${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${Number(value)}`];
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

const escapeLabel = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
