import type { Direction } from "../contract/direction.ts";

/** Counts what a run applies, by table, since it began. */
export interface Tally {
  add(table: TallyKey, changes: number): void;
  of(table: TallyKey): number;
}

export interface TallyKey {
  readonly direction: Direction;
  readonly schema: string;
  readonly table: string;
}

const textOf = ({ direction, schema, table }: TallyKey): string => `${direction}/${schema}/${table}`;

export function createTally(): Tally {
  const totals = new Map<string, number>();
  const of = (table: TallyKey): number => totals.get(textOf(table)) ?? 0;
  return {
    of,
    add: (table, changes) => void totals.set(textOf(table), of(table) + changes),
  };
}
