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
