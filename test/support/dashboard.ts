/** What the Grafana dashboard of config/ asks, put to a real Prometheus. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Prometheus } from "./prometheus.ts";

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] };
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

const FILE = join(import.meta.dirname, "../../config/grafana/sync-tool.json");

/** As Grafana fills its variables in, with "All" chosen. */
const filledIn = (expr: string): string =>
  expr.replaceAll("$__rate_interval", "1m").replace(/\$(instance|direction)\b/g, ".*");

/** Queries that never had data since Prometheus was started, and labels of a legend that a series lacks. */
export async function faultsOfDashboard(prometheus: Prometheus): Promise<readonly string[]> {
  const { templating, panels } = JSON.parse(readFileSync(FILE, "utf8")) as Dashboard;
  const faults: string[] = [];
  for (const { query } of templating.list) {
    const [, metric = "", label] =
      /^label_values\((\w+), (\w+)\)$/.exec(typeof query === "string" ? "" : query.query) ?? [];
    if (label !== undefined && (await prometheus.labelValues(label, metric)).length === 0)
      faults.push(`no ${label} to choose`);
  }
  for (const { title, targets } of panels)
    for (const { expr, legendFormat } of targets) {
      const found = await prometheus.everHad(filledIn(expr));
      const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      if (found.length === 0) faults.push(`${title}: no data of ${expr}`);
      for (const label of labels)
        if (found.some((metric) => !metric[label])) faults.push(`${title}: no label ${label} with ${expr}`);
    }
  return faults;
}
