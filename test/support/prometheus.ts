/** A real Prometheus that scrapes one run by the alert rules of config/. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RULES } from "./firing-alerts.ts";
import { findProgram } from "./servers/find-program.ts";
import { freePort } from "./servers/process.ts";
import { waitFor } from "./wait-for.ts";

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

export interface Prometheus {
  /** Series of an expression as they are now; none while it starts. */
  ask(query: string): Promise<readonly Series[]>;
  /** Labels of all series that an expression had at any time since the start. */
  everHad(query: string): Promise<readonly Series["metric"][]>;
  /** Values of a label. */
  labelValues(label: string, metric: string): Promise<readonly string[]>;
  /** What it has printed. */
  said(): string;
  close(): Promise<void>;
}

/** Starts one that scrapes `url` five times a second as the job that the rules name, and waits until it answers. */
export async function startPrometheus(url: string, token?: string): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-prometheus-"));
  if (token !== undefined) await writeFile(join(folder, "token"), token);
  await writeFile(
    join(folder, "prometheus.yml"),
    JSON.stringify({
      global: { scrape_interval: "200ms", evaluation_interval: "200ms" },
      rule_files: [RULES],
      scrape_configs: [
        {
          job_name: "sync-tool",
          ...(token === undefined ? {} : { authorization: { credentials_file: join(folder, "token") } }),
          static_configs: [{ targets: [new URL(url).host] }],
        },
      ],
    }),
  );
  const port = await freePort();
  const startedAt = Date.now() / 1000;
  let said = "";
  const server = spawn(findProgram("prometheus") ?? "prometheus", [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  server.stderr.on("data", (text) => {
    said += text;
  });
  const gone = new Promise((resolve) => server.once("close", resolve));
  const get = async <T>(path: string, about: Readonly<Record<string, string>>): Promise<T | undefined> => {
    const url = `http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(about)}`;
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 400) throw new Error(`Prometheus: ${await answer.text()}`);
    return answer?.ok ? ((await answer.json()) as { readonly data: T }).data : undefined;
  };
  const close = async (): Promise<void> => {
    server.kill("SIGKILL");
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  interface Found<T> {
    readonly result: readonly T[];
  }
  const prometheus: Prometheus = {
    ask: async (query) => (await get<Found<Series>>("query", { query }))?.result ?? [],
    async everHad(query) {
      const range = { start: String(startedAt), end: String(Date.now() / 1000), step: "200ms" };
      const found = await get<Found<Series>>("query_range", { query, ...range });
      return found?.result.map(({ metric }) => metric) ?? [];
    },
    labelValues: async (label, metric) =>
      (await get<readonly string[]>(`label/${label}/values`, { "match[]": metric })) ?? [],
    said: () => said,
    close,
  };
  try {
    await waitFor(async () => (await prometheus.ask("up")).length > 0, {
      what: "the first scrape of Prometheus",
      timeoutMs: 60_000,
      facts: () => said,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return prometheus;
}
