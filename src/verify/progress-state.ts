import type { Key } from "../journal/change.ts";
import type { Value } from "../row.ts";

export type Direction = "source" | "target";

/** What a comparison of one table has come to so far. */
export interface TableCounts {
  readonly table: string;
  readonly sourceRows: number;
  readonly targetRows: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  readonly untransformable: number;
  /** Rows that could not be judged: changes are on their way to them, and nothing brings them. */
  readonly pending: number;
  readonly repaired: number;
}

export const NO_COUNTS: Omit<TableCounts, "table"> = {
  ...{ sourceRows: 0, targetRows: 0, missing: 0, extra: 0, different: 0 },
  ...{ untransformable: 0, pending: 0, repaired: 0 },
};

/** Where a comparison stands: enough to go on from there in another process. */
export interface VerifyState {
  /** Says which pair of databases, versions and tables it belongs to. */
  readonly plan: string;
  readonly counts: readonly TableCounts[];
  /** Passes that are done, as "source TABLE" and "target TABLE". */
  readonly done: readonly string[];
  /** The pass under way and the last key that is dealt with. */
  readonly at?: { readonly pass: string; readonly after: Key };
}

/** Keeps a state between two processes. */
export interface StateStore {
  load(): Promise<VerifyState | undefined>;
  save(state: VerifyState): Promise<void>;
}

/** Bytes become `{"hex": "..."}`. */
export function stateToText(state: VerifyState): string {
  const plain = (value: Value): unknown =>
    value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : value;
  const at = state.at === undefined ? undefined : { ...state.at, after: state.at.after.map(plain) };
  return `${JSON.stringify({ ...state, at }, undefined, 2)}\n`;
}

/** Undefined for a text that is none of ours. */
export function stateFromText(text: string): VerifyState | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const state = parsed as Partial<VerifyState> | null;
  if (typeof state?.plan !== "string" || !Array.isArray(state.counts) || !Array.isArray(state.done))
    return undefined;
  const { plan, counts, done, at } = state as VerifyState;
  if (at === undefined) return { plan, counts, done };
  const after = (at.after as readonly (string | null | { hex: string })[]).map((value) =>
    typeof value === "object" && value !== null ? Buffer.from(value.hex, "hex") : value,
  );
  return { plan, counts, done, at: { pass: at.pass, after } };
}
