import type { Position } from "../contract/change.ts";
import type { BatchReport } from "../run/table-sync.ts";
import { monotonic } from "../util/monotonic.ts";
import type { Terminal } from "./context.ts";

/** A table as the progress line knows it. */
export interface TableProgress {
  readonly name: string;
  /** Where its checkpoint stands when the run begins. */
  readonly position: Position;
  /** Reads the highest position of its journal: cheap, unlike counting. */
  readonly highest: () => Promise<Position>;
}

export interface Progress {
  batch(report: BatchReport): void;
  idle(table: string): void;
  close(): void;
}

const REDRAW_MS = 500;
/** The rate is that of the last seconds. */
const RATE_WINDOW_MS = 5_000;

interface Entry {
  readonly table: TableProgress;
  applied: number;
  position: Position;
  highest: Position;
  /** Since when the table has been behind; undefined when it is not. */
  behindSince: number | undefined;
  readonly recent: { readonly atMs: number; readonly changes: number }[];
  /** A question after the highest position is under way. */
  isAsking: boolean;
}

const SILENT: Progress = { batch: () => undefined, idle: () => undefined, close: () => undefined };

/** A line at the bottom of a terminal, redrawn twice a second; nothing when stderr is no terminal. */
export function openProgress(terminal: Terminal, tables: readonly TableProgress[]): Progress {
  if (!terminal.isTerminal) return SILENT;
  const entries = new Map(
    tables.map((table): [string, Entry] => [
      table.name,
      {
        table,
        applied: 0,
        position: table.position,
        highest: table.position,
        behindSince: undefined,
        recent: [],
        isAsking: false,
      },
    ]),
  );
  const timer = setInterval(() => {
    for (const entry of entries.values()) askHighest(entry);
    const parts = [...entries.values()].map((entry) => formatEntry(entry, monotonic()));
    terminal.showProgress(parts.join(" | ").slice(0, (process.stderr.columns ?? 80) - 1));
  }, REDRAW_MS);
  return {
    batch({ table, changes, position }) {
      const entry = entries.get(table);
      if (entry === undefined) return;
      entry.applied += changes;
      entry.position = position;
      entry.recent.push({ atMs: monotonic(), changes });
    },
    idle(table) {
      const entry = entries.get(table);
      if (entry !== undefined) entry.behindSince = undefined;
    },
    close: () => clearInterval(timer),
  };
}

/** One question at a time: a source that is slow to answer is not asked twice a second all the same. */
function askHighest(entry: Entry): void {
  if (entry.isAsking) return;
  entry.isAsking = true;
  entry.table
    .highest()
    .then((highest) => {
      entry.highest = highest;
    })
    // A failing source is the run's own matter; the line keeps what it knew.
    .catch(() => undefined)
    .finally(() => {
      entry.isAsking = false;
    });
}

/** `T 120/s, 3400 applied, <=56 pending, 0.4 s lag`. Pending is a bound: positions may be missing in between. */
export function formatEntry(entry: Omit<Entry, "isAsking">, nowMs: number): string {
  while ((entry.recent[0]?.atMs ?? nowMs) < nowMs - RATE_WINDOW_MS) entry.recent.shift();
  const changes = entry.recent.reduce((sum, batch) => sum + batch.changes, 0);
  const pending = entry.highest > entry.position ? entry.highest - entry.position : 0n;
  entry.behindSince = pending === 0n ? undefined : (entry.behindSince ?? nowMs);
  const lag = entry.behindSince === undefined ? 0 : (nowMs - entry.behindSince) / 1000;
  return `${entry.table.name} ${Math.round(changes / (RATE_WINDOW_MS / 1000))}/s, ${entry.applied} applied, <=${pending} pending, ${lag.toFixed(1)} s lag`;
}
