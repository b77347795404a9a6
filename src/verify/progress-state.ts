import type { Key } from "../contract/change.ts";
import { keyFromJson, keyToJson } from "../journal/key-json.ts";
import type { DifferenceKind, Direction } from "./difference.ts";

/** What one pass over a table has come to so far. */
export interface PassCounts extends Readonly<Record<DifferenceKind, number>> {
  /** Rows that were read in order, on each side. */
  readonly readSource: number;
  readonly readTarget: number;
  /** Rows that could not be judged: changes are on their way to them, and nothing brings them. */
  readonly pending: number;
  readonly repaired: number;
  /** Rows of the source that the target is not to have: they are no difference, there or not. */
  readonly leftOut: number;
}

export const NO_COUNTS: PassCounts = {
  ...{ readSource: 0, readTarget: 0, missing: 0, extra: 0, different: 0 },
  ...{ untransformable: 0, unfindable: 0, pending: 0, repaired: 0, leftOut: 0 },
};

/** The keys up to which rows are dealt with, in each side's own order; none at the beginning. */
export type Cursor = Partial<Readonly<Record<Direction, Key>>>;

/** A page of one side that began after `start`, or with the table. */
export interface PageStart {
  readonly side: Direction;
  readonly start: Key | undefined;
}

/** Where a pass stands: enough to go on from there in another process. */
export interface PassState {
  /** "TABLE"; of a table that is read one side after the other "source TABLE" and "target TABLE". */
  readonly name: string;
  readonly counts: PassCounts;
  readonly cursor: Cursor;
  /** Pages with rows that nothing was decided about yet. */
  readonly again: readonly PageStart[];
  /** What tells apart the differences that are counted already: pages of `again` may show them once more. */
  readonly told?: readonly string[];
  readonly isDone: boolean;
  /** The checkpoint before the first row was read, in digits; absent without capture. */
  readonly since?: string;
  /** When the first and the last of its rows were read: ISO 8601, by this machine's clock. */
  readonly readFrom?: string;
  readonly readTo?: string;
}

export const newPass = (name: string): PassState => ({
  name,
  counts: NO_COUNTS,
  cursor: {},
  again: [],
  isDone: false,
});

/** What a comparison was made for, each thing in words: another comparison cannot go on from its state. */
export type MadeFor = Readonly<Record<string, string>>;

/** Where a comparison stands. */
export interface VerifyState {
  readonly madeFor: MadeFor;
  readonly passes: readonly PassState[];
  /** When it came to its end, ISO 8601; absent as long as it has not. */
  readonly finished?: string;
}

/** Keeps a state between two processes. */
export interface StateStore {
  load(): Promise<VerifyState | undefined>;
  save(state: VerifyState): Promise<void>;
}

/** A state as JSON keeps it. */
export function stateToJson(state: VerifyState): unknown {
  const passes = state.passes.map((pass) => ({
    ...pass,
    cursor: Object.fromEntries(Object.entries(pass.cursor).map(([side, key]) => [side, keyToJson(key)])),
    again: pass.again.map(({ side, start }) => ({ side, start: start && keyToJson(start) })),
  }));
  return { ...state, passes };
}

/** Undefined for a value that is no state of ours. */
export function stateFromJson(value: unknown): VerifyState | undefined {
  const state = value as VerifyState | null;
  if (typeof state?.madeFor !== "object" || !Array.isArray(state.passes)) return undefined;
  const passes = state.passes.map((pass: PassState): PassState => {
    const cursor = Object.entries<Key>(pass.cursor ?? {}).map(([side, key]) => [side, keyFromJson(key)]);
    return {
      ...pass,
      counts: { ...NO_COUNTS, ...pass.counts },
      cursor: Object.fromEntries(cursor) as Cursor,
      again: (pass.again ?? []).map(({ side, start }) => ({ side, start: start && keyFromJson(start) })),
    };
  });
  return { ...state, passes };
}
