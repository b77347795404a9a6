import type { Direction } from "../contract/direction.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

/** Counts what a run applies, by table. */
export interface Tally {
  add(table: TallyKey, changes: number): void;
  of(table: TallyKey): { readonly total: number; readonly perSecond: number };
}

export interface TallyKey {
  readonly direction: Direction;
  readonly schema: string;
  readonly table: string;
}

const textOf = ({ direction, schema, table }: TallyKey): string => `${direction}/${schema}/${table}`;

/** The rate is that of the last twenty seconds. */
const WINDOW_MS = 20_000;
const SLOT_MS = 1_000;

interface Counted {
  total: number;
  /** A second each, oldest first. */
  readonly slots: { readonly atMs: number; changes: number }[];
}

export function createTally(now: Clock = monotonic): Tally {
  const began = now();
  const tables = new Map<string, Counted>();
  return {
    add(table, changes) {
      const counted = tables.get(textOf(table)) ?? { total: 0, slots: [] };
      tables.set(textOf(table), counted);
      counted.total += changes;
      const last = counted.slots.at(-1);
      if (last !== undefined && now() - last.atMs < SLOT_MS) last.changes += changes;
      else counted.slots.push({ atMs: now(), changes });
      while ((counted.slots[0]?.atMs ?? now()) < now() - WINDOW_MS) counted.slots.shift();
    },
    of(table) {
      const { total, slots } = tables.get(textOf(table)) ?? { total: 0, slots: [] };
      const recent = slots.filter(({ atMs }) => atMs >= now() - WINDOW_MS);
      const seconds = Math.max(SLOT_MS, Math.min(WINDOW_MS, now() - began)) / 1000;
      return { total, perSecond: recent.reduce((sum, { changes }) => sum + changes, 0) / seconds };
    },
  };
}
