/** Small numbers for reports: medians, never means, since these machines are never quiet. */

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which that share of the values lies; NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Figures by name, each with a list of what its turns gave. */
export interface Tally {
  note(name: string, ...values: readonly number[]): void;
  of(name: string): readonly number[];
  readonly names: () => readonly string[];
}

export function createTally(): Tally {
  const lists = new Map<string, number[]>();
  return {
    note: (name, ...values) => void lists.set(name, [...(lists.get(name) ?? []), ...values]),
    of: (name) => lists.get(name) ?? [],
    names: () => [...lists.keys()],
  };
}

/** The median of what each turn gave for one name, divided by what it gave for the other: a slow moment hits both. */
export function ratioOf(tally: Tally, name: string, to: string): number {
  return median(tally.of(name).map((value, turn) => value / (tally.of(to)[turn] ?? Number.NaN)));
}

/** The list from its n-th on and round again: over as many turns each comes first, and last, equally often. */
export function rotated<T>(list: readonly T[], n: number): readonly T[] {
  return list.map((_, i) => list[(i + n) % list.length] as T);
}

/** Seconds that the work takes. */
export async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** A ratio that has a target says whether higher or lower is better. */
  readonly target?: { readonly atLeast?: number; readonly atMost?: number };
}

/** Whether a figure keeps its target; undefined without one. */
export function keeps(figure: Measured): boolean | undefined {
  const { target, value } = figure;
  if (target === undefined) return undefined;
  return (
    value >= (target.atLeast ?? Number.NEGATIVE_INFINITY) &&
    value <= (target.atMost ?? Number.POSITIVE_INFINITY)
  );
}

/** When a work of many rows had reached how many, from its beginning on. */
export interface Progress {
  reached(rows: number): void;
  /** Does something whose time does not count. */
  apart<T>(work: () => Promise<T>): Promise<T>;
  /** Rows a second from one part of the whole to another, as 0.5 and 1; NaN where nothing was noted between. */
  pace(from: number, to: number): number;
}

export function createProgress(): Progress {
  let apartMs = 0;
  const now = (): number => performance.now() - apartMs;
  const seen: { readonly rows: number; readonly at: number }[] = [{ rows: 0, at: now() }];
  return {
    reached(rows) {
      seen.push({ rows, at: now() });
    },
    async apart(work) {
      const before = performance.now();
      try {
        return await work();
      } finally {
        apartMs += performance.now() - before;
      }
    },
    pace(from, to) {
      const whole = seen.at(-1)?.rows ?? 0;
      const at = (part: number) => seen.find(({ rows }) => rows >= whole * part);
      const [start, end] = [at(from), at(to)];
      if (start === undefined || end === undefined || end.at === start.at) return Number.NaN;
      return ((end.rows - start.rows) * 1_000) / (end.at - start.at);
    },
  };
}

/** The pace of the second half as a ratio to that of the first. */
export const laterHalf = ({ pace }: Progress): number => pace(0.5, 1) / pace(0, 0.5);

/** The pace of the last third as a ratio to that of the one before: without the start, when indexes are small. */
export const lastThird = ({ pace }: Progress): number => pace(2 / 3, 1) / pace(1 / 3, 2 / 3);
