/** What a run knows of itself for those who look: one look per interval, whoever asks, kept in memory. */

import { type Clock, monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import { STILL_SECONDS } from "./arrival.ts";
import type { StatusReport } from "./status.ts";
import type { TableStatus } from "./table-status.ts";
import type { Tally } from "./tally.ts";
import { type Look, type TimeToDrain, timeToDrain, timeToDrainAll } from "./time-to-drain.ts";

/** What everything that is served comes from. */
export interface View {
  readonly report: StatusReport;
  /** Seconds since the report was made. */
  readonly ageSeconds: number;
  readonly toDrain: (table: TableStatus) => TimeToDrain;
  readonly allToDrain: TimeToDrain;
  /** Changes of a table that this process applied since it began. */
  readonly applied: (table: TableStatus) => number;
  /** Seconds for which an open hole is known to be there, 0 without one. */
  readonly holeSeconds: (table: TableStatus) => number;
  /** The most changes of a table that were pending since it was last in step, or since the first look: what is to be done. */
  readonly most: (table: TableStatus) => number;
  /** Nobody has said that he works on the table since the run began, which was a moment ago: it may be about to. */
  readonly begins: (table: TableStatus) => boolean;
  /** How many changes were pending in all, oldest first, at most ten minutes back. */
  readonly pendingBefore: readonly number[];
}

export interface Watch {
  /** Undefined before the first look. */
  view(): View | undefined;
  /** Called after each look; gives what ends it. */
  onLook(listener: () => void): () => void;
}

export interface WatchOptions {
  readonly look: (last: Look | undefined) => Promise<StatusReport>;
  readonly tally: Tally;
  /** Between two looks, in milliseconds; default 1.5 s: what changes is shown within two. */
  readonly everyMs?: number;
  /** When the run began, by the clock of the looks; default: now. */
  readonly beganMs?: number;
  readonly signal: AbortSignal;
  /** A look failed in a way that no waiting mends; the next one is taken all the same. */
  readonly onFailure: (error: unknown) => void;
}

const EVERY_MS = 1_500;
/** A look that takes long is taken the more seldom: never more than a tenth of the time goes into looking. */
const SHARE = 10;
/** The rate is that of the last twenty seconds. */
const RATE_MS = 20_000;
const HISTORY_MS = 600_000;

interface OpenHole {
  readonly first: string;
  readonly sinceMs: number;
}

/** Looks until the signal is aborted; `done` then waits for the look that is under way. */
export function startWatch(
  options: WatchOptions,
  now: Clock = monotonic,
  pause: typeof sleep = sleep,
): Watch & { readonly done: Promise<void> } {
  const { look, tally, everyMs = EVERY_MS, beganMs = now(), signal, onFailure } = options;
  const listeners = new Set<() => void>();
  /** Of reports that are not stale. */
  const looks: Look[] = [];
  let holes: ReadonlyMap<string, OpenHole> = new Map();
  const most = new Map<string, number>();
  let latest: StatusReport | undefined;
  const takeIn = (report: StatusReport): void => {
    latest = report;
    if (report.stale) return;
    const atMs = now();
    // After a switch the journals are others: what was pending in these says nothing of how fast those shrink.
    if (looks.at(-1)?.report.direction !== report.direction) {
      looks.length = 0;
      holes = new Map();
      most.clear();
    }
    looks.push({ atMs, report });
    while ((looks[0]?.atMs ?? atMs) < atMs - HISTORY_MS) looks.shift();
    holes = openHoles(report, holes, atMs);
    for (const table of report.tables) {
      const pending = table.pending ?? 0;
      most.set(idOf(table), pending === 0 ? 0 : Math.max(pending, most.get(idOf(table)) ?? 0));
    }
  };
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      const began = now();
      await look(looks.at(-1)).then(takeIn, (error: unknown) => {
        if (signal.aborted) return;
        if (latest !== undefined) latest = { ...latest, stale: true, safeToSwitch: false, reasons: [FAILED] };
        onFailure(error);
      });
      for (const listener of listeners) listener();
      // The second one soon: without it no time to drain is known.
      await pause(looks.length < 2 ? everyMs : Math.max(everyMs, (now() - began) * SHARE), signal);
    }
  };
  return {
    done: watch(),
    onLook(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    view() {
      const last = looks.at(-1);
      if (latest === undefined || last === undefined) return undefined;
      const nowMs = now();
      const recent = looks.find(({ atMs }) => atMs >= last.atMs - RATE_MS) ?? last;
      return {
        report: latest,
        ageSeconds: (nowMs - last.atMs) / 1000,
        toDrain: (table) => timeToDrain(recent, last, table),
        allToDrain: timeToDrainAll(recent, last),
        applied: ({ schema, table }) => tally.of({ direction: last.report.direction, schema, table }),
        holeSeconds: (table) => holeSeconds(table, holes.get(idOf(table)), nowMs),
        most: (table) => most.get(idOf(table)) ?? 0,
        begins: ({ runner }) =>
          nowMs - beganMs < STILL_SECONDS * 1000 &&
          (runner === null || runner.movedSecondsAgo * 1000 > last.atMs - beganMs),
        pendingBefore: looks.map(({ report }) =>
          report.tables.reduce((sum, { pending }) => sum + (pending ?? 0), 0),
        ),
      };
    },
  };
}

const FAILED = "stale: the last look failed; the log says why";

const idOf = ({ schema, table }: TableStatus): string => `${schema}/${table}`;

function openHoles(
  { tables }: StatusReport,
  before: ReadonlyMap<string, OpenHole>,
  atMs: number,
): ReadonlyMap<string, OpenHole> {
  return new Map(
    tables.flatMap((table): [string, OpenHole][] => {
      const { openHole } = table;
      if (openHole === null) return [];
      const known = before.get(idOf(table));
      const isSame = known?.first === openHole.first;
      return [[idOf(table), { first: openHole.first, sinceMs: isSame ? known.sinceMs : atMs }]];
    }),
  );
}

/** Since it was seen first, or as long as the oldest transaction that may fill it is open. */
function holeSeconds({ openHole, holders }: TableStatus, hole: OpenHole | undefined, nowMs: number): number {
  if (openHole === null) return 0;
  const seen = hole === undefined ? 0 : (nowMs - hole.sinceMs) / 1000;
  return Math.max(seen, ...holders.map(({ ageSeconds }) => ageSeconds ?? 0));
}
